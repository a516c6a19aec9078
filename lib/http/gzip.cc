#include "lib/http/gzip.h"

#include <zlib.h>

#include <cassert>
#include <memory>

namespace xinglin::http {

namespace {
constexpr int k_gzip_window = 15 + 16; ///< zlib's way to ask for the gzip wrapper
constexpr size_t k_chunk_bytes = 64u << 10;
} // namespace

std::string gzip(std::string_view bytes, int level) {
  z_stream stream{};
  const int made = deflateInit2(&stream, level, Z_DEFLATED, k_gzip_window, 8, Z_DEFAULT_STRATEGY);
  assert(made == Z_OK);
  (void)made;
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  assert(done == Z_STREAM_END);
  (void)done;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> gunzip(std::string_view bytes, size_t bytes_max, InflateError* error) {
  auto fail = [&](InflateError what) -> std::optional<std::string> {
    if (error) *error = what;
    return {};
  };
  z_stream stream{};
  if (inflateInit2(&stream, k_gzip_window) != Z_OK) return fail(InflateError::damaged);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  for (;;) {
    const size_t before = out.size();
    out.resize(before + k_chunk_bytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(k_chunk_bytes);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + k_chunk_bytes - stream.avail_out);
    if (out.size() > bytes_max) return fail(InflateError::too_large);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (inflateReset(&stream) != Z_OK) return fail(InflateError::damaged); // another member follows
      continue;
    }
    if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) return fail(InflateError::damaged);
  }
}

} // namespace xinglin::http
