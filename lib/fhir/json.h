#pragma once
// A parsed JSON document that keeps what was written: numbers as their text, the place of every value, the source
// bytes. Read through Node, a light handle that never outlives its Document.

#include "lib/fhir/names.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

class Document;

enum class Kind : uint8_t { none, null, boolean, number, string, array, object };

/// A value in a document. A missing value is a Node of kind none, and asking it for more gives none again.
class Node {
public:
  Node() = default;
  Node(const Document* document, uint32_t index) : m_document(document), m_index(index) {}
  Kind kind() const;
  explicit operator bool() const { return kind() != Kind::none; }
  bool is_object() const { return kind() == Kind::object; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_string() const { return kind() == Kind::string; }
  std::string_view text() const;                ///< string: unescaped; number and boolean: as written; else empty
  bool boolean() const;                         ///< true only for the literal true
  Node operator[](std::string_view name) const; ///< member of an object
  Node member(NameId name) const;               ///< the same by a number other than k_no_name
  Node at(size_t position) const;               ///< element of an array, or value of the n-th member of an object
  size_t size() const;                          ///< elements of an array, members of an object
  std::string_view name() const;                ///< the member name this value stands under; empty in arrays
  NameId name_id() const;                       ///< its number; k_no_name where it has none
  Node first() const;                           ///< first child; none when there is none
  Node next() const;                            ///< next sibling; none after the last
  std::string_view raw() const;                 ///< the source bytes of this value
  size_t offset() const;                        ///< byte offset in the source
  int line() const;                             ///< 1-based; counts line feeds, so ask only for messages
  uint32_t index() const { return m_index; }
  const Document* document() const { return m_document; }
  bool operator==(const Node&) const = default;

  class Iterator {
  public:
    explicit Iterator(Node node) : m_node_index(node.m_index), m_node_document(node.m_document) {}
    Node operator*() const { return Node(m_node_document, m_node_index); }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return m_node_index == other.m_node_index; }

  private:
    uint32_t m_node_index;
    const Document* m_node_document;
  };
  Iterator begin() const { return Iterator(first()); } ///< children: elements, or values of members (see name())
  Iterator end() const { return Iterator(Node{m_document, UINT32_MAX}); }

private:
  const Document* m_document = nullptr;
  uint32_t m_index = UINT32_MAX;
};

/// The tree, and the bytes it was made of. Movable, not copyable; Nodes stay valid over a move only if re-fetched from
/// root().
class Document {
public:
  static constexpr size_t k_bytes_max = 64u << 20; ///< larger is refused (too_large)
  static constexpr int k_depth_max = 128;          ///< arrays and objects nested deeper are refused (too_large)
  static constexpr size_t k_values_max = 8u << 20; ///< more values are refused (too_large): 32 bytes of memory each
  /// Takes one JSON value (RFC 8259, UTF-8, no duplicate member names). Throws base::Refused(malformed) whose issue
  /// has line and column and says what was expected.
  static Document parse(std::string bytes);
  /// The same without a copy: the bytes must outlive the document, and one more byte that is NUL or white space must
  /// stand behind them (a line of a file read whole).
  static Document parse_in_place(std::string_view bytes);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  Node root() const { return Node(this, 0); }
  std::string_view bytes() const { return m_bytes; }

  static constexpr uint8_t k_text_in_arena = 1, k_name_in_arena = 2;

  /// One flat record per value, in document order.
  struct Entry {
    uint32_t offset;    ///< of the first byte in the source
    uint32_t length;    ///< in the source
    uint32_t text_at;   ///< of a string without its quotes, in the source or the arena
    uint32_t text_size; ///< of a string in bytes; of an array or object its number of children
    uint32_t name_at;   ///< of the member name, in the source or the arena
    uint32_t name_size;
    uint32_t next; ///< next sibling
    NameId name_id;
    Kind kind;
    uint8_t in_arena; ///< bits k_text_in_arena, k_name_in_arena
  };

  /// The records of a document. Their memory goes from document to document of a thread, in a few sizes.
  class Entries {
  public:
    Entries() = default;
    Entries(Entries&& other) noexcept { swap(other); }
    Entries& operator=(Entries&& other) noexcept {
      swap(other);
      return *this;
    }
    ~Entries();
    Entry& operator[](uint32_t at) { return m_data[at]; }
    const Entry& operator[](uint32_t at) const { return m_data[at]; }
    uint32_t size() const { return m_size; }
    uint32_t capacity() const { return m_capacity; }
    Entry* data() { return m_data; }
    void reserve(size_t count);                     ///< keeps what is there
    void set_size(uint32_t size) { m_size = size; } ///< of records written through data()
    void push_back(const Entry& entry);

  private:
    void swap(Entries& other) noexcept;
    Entry* m_data = nullptr;
    uint32_t m_size = 0;
    uint32_t m_capacity = 0;
  };

private:
  friend class Node;
  Document();
  std::string m_owned; ///< empty when the bytes are another's
  std::string_view m_bytes;
  std::string m_unescaped; ///< arena for strings that contained escapes
  Entries m_entries;
};

// OPTIMIZATION: every walk of a document consists of these, so they are inlined.

inline Kind Node::kind() const {
  return m_index == UINT32_MAX ? Kind::none : m_document->m_entries[m_index].kind;
}

inline std::string_view Node::text() const {
  if (m_index == UINT32_MAX) return {};
  const Document::Entry& entry = m_document->m_entries[m_index];
  if (entry.kind == Kind::string) {
    const char* from =
        (entry.in_arena & Document::k_text_in_arena) != 0 ? m_document->m_unescaped.data() : m_document->m_bytes.data();
    return {from + entry.text_at, entry.text_size};
  }
  if (entry.kind != Kind::number && entry.kind != Kind::boolean) return {};
  return {m_document->m_bytes.data() + entry.offset, entry.length};
}

inline size_t Node::size() const {
  Kind k = kind();
  return k == Kind::array || k == Kind::object ? m_document->m_entries[m_index].text_size : 0;
}

inline std::string_view Node::name() const {
  if (m_index == UINT32_MAX) return {};
  const Document::Entry& entry = m_document->m_entries[m_index];
  const char* from =
      (entry.in_arena & Document::k_name_in_arena) != 0 ? m_document->m_unescaped.data() : m_document->m_bytes.data();
  return {from + entry.name_at, entry.name_size};
}

inline NameId Node::name_id() const {
  return m_index == UINT32_MAX ? k_no_name : m_document->m_entries[m_index].name_id;
}

inline Node Node::member(NameId name) const {
  if (!is_object()) return {};
  for (uint32_t at = m_document->m_entries[m_index].text_size == 0 ? UINT32_MAX : m_index + 1; at != UINT32_MAX;
       at = m_document->m_entries[at].next)
    if (m_document->m_entries[at].name_id == name) return {m_document, at};
  return {};
}

inline Node Node::first() const {
  return size() > 0 ? Node(m_document, m_index + 1) : Node{};
}

inline Node Node::next() const {
  if (m_index == UINT32_MAX) return {};
  uint32_t next = m_document->m_entries[m_index].next;
  return next == UINT32_MAX ? Node{} : Node(m_document, next);
}

inline Node::Iterator& Node::Iterator::operator++() {
  m_node_index = m_node_document->m_entries[m_node_index].next;
  return *this;
}

/// Builds compact JSON text. Calls must nest properly (asserted).
class JsonWriter {
public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json); ///< a value that is JSON already (a decimal's text, another resource)
  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  std::string take();
  const std::string& text() const { return m_out; }

private:
  void separate();
  std::string m_out;
  std::vector<char> m_open;
  bool m_first = true;
  bool m_after_key = false;
};

} // namespace xinglin::fhir
