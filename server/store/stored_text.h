#pragma once
// How the text of a version is kept: without its version and time (they stand in the row, and go in again when it is
// read), compressed with what texts of its kind have in common. Why, and the figures: docs/decisions/0005.
//
// A body is the number of a dictionary (a varint), then a zstd frame with a checksum, less the four bytes that all
// frames begin with. In the frame: 1 + where the stamp goes and the zone's offset in minutes (varints, zigzag), then
// the text. 0 in the place of the stamp means that it stands in the text already, and no zone follows. Dictionary 1 is
// none; after dictionary 0 comes no frame but its content as it is: texts of before, and those that are too large.

#include "lib/sql/sqlite.h"
#include "server/store/resource_text.h"

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

inline constexpr size_t k_text_bytes_max = size_t{256} << 20; ///< a larger text is kept uncompressed
inline constexpr size_t k_dictionary_bytes_max = size_t{16} << 10;
inline constexpr size_t k_dictionaries_max = 2048;     ///< then those there are have to do
inline constexpr size_t k_kinds_max = 4096;            ///< watched; texts of others are no samples
inline constexpr int64_t k_first_training_texts = 256; ///< of a kind; each further look after four times as many
inline constexpr size_t k_training_samples = 320;      ///< spread over the texts since the look before
inline constexpr size_t k_sample_bytes_max = size_t{32} << 10;  ///< a larger text is no sample
inline constexpr size_t k_samples_bytes_max = size_t{64} << 20; ///< of all kinds at once; beyond it none are taken

/// The kept bytes are not what was written.
struct DamagedText {
  std::string reason;
};

/// Texts of one kind, enough to look for what they have in common.
struct TrainingSamples {
  std::string kind;
  std::vector<std::string> texts;
};

class Codebook {
public:
  Codebook();
  ~Codebook();
  Codebook(const Codebook&) = delete;
  Codebook& operator=(const Codebook&) = delete;

  /// The dictionaries in the file; at opening.
  void load(sql::Sqlite& db);
  /// One more, which is durable already. Returns nothing that could fail: from now on new texts use it.
  void add(int64_t id, const std::string& kind, std::string bytes);
  size_t size() const;

  /// The body for a text. Counts it, and may keep it as a sample.
  std::string pack(const std::string& kind, const UnstampedText& text, base::Zone zone);
  /// The text with its version and time, to the byte as it was when it was written. Throws DamagedText.
  std::string unpack(std::string_view body, int64_t version, base::Millis recorded_at) const;

  /// Samples of a kind whose time has come; empty when there are none.
  TrainingSamples take_due();
  /// A dictionary that makes other texts of the kind a tenth smaller at least than what is used now; else empty.
  std::string train(const TrainingSamples& samples) const;

private:
  struct Dictionary;
  struct Kind;
  const Dictionary* find(int64_t id) const;
  void sample(Kind& kind, const std::string& name, const std::string& text);

  mutable std::shared_mutex m_mutex; ///< the dictionaries; each stays where it is once it is there
  std::vector<std::unique_ptr<Dictionary>> m_dictionaries; ///< number n stands at n-2; a gap is null
  std::map<std::string, const Dictionary*, std::less<>> m_current;
  std::mutex m_samples_mutex; ///< all below
  std::map<std::string, std::unique_ptr<Kind>, std::less<>> m_kinds;
  std::vector<TrainingSamples> m_due;
  size_t m_sample_bytes = 0;
};

/// What texts are alike with: the type, and for an answered form the form.
std::string kind_of(fhir::Node resource);

} // namespace xinglin::store
