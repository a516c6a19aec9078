#include "server/store/stored_text.h"

#include <fmt/format.h>
#include <zdict.h>
#include <zstd.h>

#include <cassert>
#include <utility>

namespace xinglin::store {

namespace {

constexpr int k_level = 1; ///< three in a hundred larger than level 3 in half the time
constexpr int64_t k_plain = 0, k_alone = 1, k_first_dictionary = 2;
constexpr std::string_view k_magic{"\x28\xb5\x2f\xfd", 4}; ///< of every frame, RFC 8878 3.1.1
constexpr size_t k_kind_bytes_max = 256;
constexpr int k_growth_between_looks = 4;

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

uint64_t read_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) throw DamagedText{"it ends too early"};
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw DamagedText{"a number in it has no end"};
}

// OPTIMIZATION: making a context costs more than most texts; each thread keeps its own.
struct Contexts {
  ZSTD_CCtx* in = ZSTD_createCCtx();
  ZSTD_DCtx* out = ZSTD_createDCtx();
  std::string content, frame;
  Contexts() {
    assert(in && out && "memory for zstd");
    ZSTD_CCtx_setParameter(in, ZSTD_c_compressionLevel, k_level);
    ZSTD_CCtx_setParameter(in, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(in, ZSTD_c_dictIDFlag, 0);
    ZSTD_CCtx_setParameter(in, ZSTD_c_contentSizeFlag, 1);
  }
  ~Contexts() {
    ZSTD_freeCCtx(in);
    ZSTD_freeDCtx(out);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;
};

Contexts& contexts() {
  thread_local Contexts own;
  return own;
}

/// The frame of a text, without its first four bytes; valid until the thread's next one.
std::string_view compress(std::string_view text, const ZSTD_CDict* dictionary) {
  Contexts& own = contexts();
  own.frame.resize(ZSTD_compressBound(text.size()));
  ZSTD_CCtx_refCDict(own.in, dictionary);
  const size_t size = ZSTD_compress2(own.in, own.frame.data(), own.frame.size(), text.data(), text.size());
  assert(!ZSTD_isError(size) && "the buffer holds any frame");
  return std::string_view(own.frame).substr(k_magic.size(), size - k_magic.size());
}

} // namespace

struct Codebook::Dictionary {
  int64_t id;
  std::string bytes;
  ZSTD_DDict* out;
  Dictionary(int64_t id, std::string bytes_)
      : id(id), bytes(std::move(bytes_)), out(ZSTD_createDDict(bytes.data(), bytes.size())) {
    assert(out && "memory for zstd");
  }
  ~Dictionary() {
    ZSTD_freeDDict(out);
    ZSTD_freeCDict(m_in);
  }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  /// Made at its first use: of most, only the reading half is ever needed.
  const ZSTD_CDict* in() const {
    std::call_once(m_once, [this] { m_in = ZSTD_createCDict(bytes.data(), bytes.size(), k_level); });
    assert(m_in && "memory for zstd");
    return m_in;
  }

private:
  mutable std::once_flag m_once;
  mutable ZSTD_CDict* m_in = nullptr;
};

/// What is known of the texts of a kind since the program started.
struct Codebook::Kind {
  int64_t seen = 0;
  int64_t looked_at = 0; ///< `seen` at the last look
  int64_t look_at = k_first_training_texts;
  std::vector<std::string> texts;
};

Codebook::Codebook() = default;
Codebook::~Codebook() = default;

void Codebook::load(sql::Sqlite& db) {
  auto rows = db.query("SELECT id, kind, bytes FROM dictionary ORDER BY id");
  while (rows.step())
    add(rows.whole(0), std::string(rows.text(1)), std::string(rows.text(2)));
}

void Codebook::add(int64_t id, const std::string& kind, std::string bytes) {
  auto made = std::make_unique<Dictionary>(id, std::move(bytes));
  {
    std::unique_lock lock(m_mutex);
    const auto at = static_cast<size_t>(id - k_first_dictionary);
    if (at >= m_dictionaries.size()) m_dictionaries.resize(at + 1);
    m_current[kind] = made.get();
    m_dictionaries[at] = std::move(made);
  }
  // A kind that has been looked at before is looked at again later, also after a restart.
  std::lock_guard lock(m_samples_mutex);
  auto& known = m_kinds[kind];
  if (!known) {
    known = std::make_unique<Kind>();
    known->look_at *= k_growth_between_looks;
  }
}

size_t Codebook::size() const {
  std::shared_lock lock(m_mutex);
  return m_dictionaries.size();
}

const Codebook::Dictionary* Codebook::find(int64_t id) const {
  std::shared_lock lock(m_mutex);
  const auto at = static_cast<size_t>(id - k_first_dictionary);
  return id >= k_first_dictionary && at < m_dictionaries.size() ? m_dictionaries[at].get() : nullptr;
}

std::string Codebook::pack(const std::string& kind, const UnstampedText& text, base::Zone zone) {
  const Dictionary* dictionary = nullptr;
  {
    std::shared_lock lock(m_mutex);
    if (const auto found = m_current.find(kind); found != m_current.end()) dictionary = found->second;
  }
  std::string& content = contexts().content;
  content.clear();
  append_varint(content, text.stamp_at + 1);
  append_varint(content, zone.offset_minutes >= 0 ? static_cast<uint64_t>(zone.offset_minutes) * 2
                                                  : static_cast<uint64_t>(-zone.offset_minutes) * 2 - 1);
  content += text.text;
  std::string body;
  if (content.size() > k_text_bytes_max) {
    append_varint(body, k_plain);
    body += content;
    return body;
  }
  append_varint(body, static_cast<uint64_t>(dictionary ? dictionary->id : k_alone));
  body += compress(content, dictionary ? dictionary->in() : nullptr);

  std::lock_guard lock(m_samples_mutex);
  auto known = m_kinds.find(kind);
  if (known == m_kinds.end() && m_kinds.size() < k_kinds_max)
    known = m_kinds.emplace(kind, std::make_unique<Kind>()).first;
  if (known != m_kinds.end()) sample(*known->second, kind, content);
  return body;
}

void Codebook::sample(Kind& kind, const std::string& name, const std::string& text) {
  const int64_t stride =
      std::max<int64_t>(1, (kind.look_at - kind.looked_at) / static_cast<int64_t>(k_training_samples));
  const bool is_wanted = (kind.seen - kind.looked_at) % stride == 0 && kind.texts.size() < k_training_samples &&
                         text.size() <= k_sample_bytes_max && m_sample_bytes + text.size() <= k_samples_bytes_max;
  if (is_wanted) {
    m_sample_bytes += text.size();
    kind.texts.push_back(text);
  }
  if (++kind.seen < kind.look_at) return;
  if (!kind.texts.empty()) m_due.push_back({name, std::exchange(kind.texts, {})});
  kind.looked_at = kind.seen;
  kind.look_at = kind.seen * k_growth_between_looks;
}

TrainingSamples Codebook::take_due() {
  std::lock_guard lock(m_samples_mutex);
  if (m_due.empty()) return {};
  TrainingSamples due = std::move(m_due.back());
  m_due.pop_back();
  for (const std::string& text : due.texts)
    m_sample_bytes -= text.size();
  return due;
}

std::string Codebook::train(const TrainingSamples& samples) const {
  if (size() >= k_dictionaries_max) return {};
  // Every fifth is kept back to judge by.
  std::string all;
  std::vector<size_t> sizes;
  std::vector<std::string_view> judges;
  for (size_t i = 0; i < samples.texts.size(); ++i) {
    if (i % 5 == 4) {
      judges.emplace_back(samples.texts[i]);
      continue;
    }
    all += samples.texts[i];
    sizes.push_back(samples.texts[i].size());
  }
  std::string bytes(k_dictionary_bytes_max, '\0');
  const size_t size =
      ZDICT_trainFromBuffer(bytes.data(), bytes.size(), all.data(), sizes.data(), static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size)) return {}; // too few or too different
  bytes.resize(size);
  const Dictionary* now = nullptr;
  {
    std::shared_lock lock(m_mutex);
    if (const auto found = m_current.find(samples.kind); found != m_current.end()) now = found->second;
  }
  const Dictionary candidate(0, bytes);
  size_t with = 0, without = 0;
  for (std::string_view text : judges) {
    with += compress(text, candidate.in()).size();
    without += compress(text, now ? now->in() : nullptr).size();
  }
  return with * 10 < without * 9 ? bytes : std::string();
}

std::string Codebook::unpack(std::string_view body, int64_t version, base::Millis recorded_at) const {
  const auto id = static_cast<int64_t>(read_varint(body));
  Contexts& own = contexts();
  if (id != k_plain) {
    const Dictionary* dictionary = nullptr;
    if (id != k_alone) {
      dictionary = find(id);
      if (!dictionary) throw DamagedText{fmt::format("there is no dictionary {}", id)};
    }
    own.frame.assign(k_magic).append(body);
    const auto size = ZSTD_getFrameContentSize(own.frame.data(), own.frame.size());
    if (size > k_text_bytes_max) throw DamagedText{"it is no zstd frame"}; // also the numbers that mean errors
    own.content.resize(size);
    ZSTD_DCtx_refDDict(own.out, dictionary ? dictionary->out : nullptr);
    const size_t got = ZSTD_decompressDCtx(own.out, own.content.data(), size, own.frame.data(), own.frame.size());
    if (ZSTD_isError(got)) throw DamagedText{ZSTD_getErrorName(got)};
    if (got != size) throw DamagedText{"it is shorter than it says"};
    body = own.content;
  }
  const uint64_t place = read_varint(body);
  if (place == 0) return std::string(body);
  const uint64_t offset = read_varint(body);
  const auto minutes = static_cast<int>(offset / 2);
  if (place - 1 > body.size()) throw DamagedText{"its stamp lies behind its end"};
  return stamp(body, place - 1, version, recorded_at, {offset % 2 == 0 ? minutes : -minutes - 1});
}

std::string kind_of(fhir::Node resource) {
  std::string kind(resource["resourceType"].text());
  if (const fhir::Node form = resource["questionnaire"]; form.is_string() && form.text().size() <= k_kind_bytes_max)
    kind.append("|").append(form.text());
  return kind;
}

} // namespace xinglin::store
