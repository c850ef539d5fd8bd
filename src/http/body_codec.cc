#include "http/body_codec.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace magnetite::http {
namespace {

std::unexpected<Error> too_large(uint64_t bytes_max) {
  return fail(ErrorCode::kTooLarge,
              fmt::format("the body is larger than {} bytes (--max-http-request-size); send it in parts", bytes_max));
}

Result<std::string> decode_gzip(std::string_view in, uint64_t bytes_max) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::string out;
  size_t used = 0;
  constexpr size_t kGuessedRatio = 8;
  out.resize(std::min<uint64_t>(bytes_max, std::max<size_t>(64 * 1024, in.size() * kGuessedRatio)));
  while (!in.empty()) {
    size_t read = 0;
    size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(), in.data(), in.size(),
                                                                   out.data() + used, out.size() - used, &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (out.size() >= bytes_max) return too_large(bytes_max);
      out.resize(std::min<uint64_t>(bytes_max, out.size() * 2));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return fail(ErrorCode::kInvalidInput, "the body is not well-formed gzip");
    in.remove_prefix(read);
    used += written;
  }
  out.resize(used);
  return out;
}

Result<std::string> decode_zstd(std::string_view in, uint64_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::string out;
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  size_t pending = 0;
  while (source.pos < source.size || pending != 0) {
    const size_t used = out.size();
    if (used >= bytes_max) return too_large(bytes_max);
    out.resize(std::min<uint64_t>(bytes_max, used + std::max<size_t>(ZSTD_DStreamOutSize(), used)));
    ZSTD_outBuffer sink{out.data(), out.size(), used};
    const size_t at = source.pos;
    pending = ZSTD_decompressStream(context.get(), &sink, &source);
    if (ZSTD_isError(pending) != 0) return fail(ErrorCode::kInvalidInput, "the body is not well-formed zstd");
    out.resize(sink.pos);
    if (source.pos == at && sink.pos == used) return fail(ErrorCode::kInvalidInput, "the zstd body stops half-way");
  }
  return out;
}

}  // namespace

Result<std::string> decode_body(std::string body, std::string_view encoding, uint64_t bytes_max) {
  if (encoding == "gzip") return decode_gzip(body, bytes_max);
  if (encoding == "zstd") return decode_zstd(body, bytes_max);
  if (!encoding.empty() && encoding != "identity")
    return fail(ErrorCode::kInvalidInput,
                fmt::format("Content-Encoding '{}' is not known: use gzip, zstd or identity", encoding));
  if (body.size() > bytes_max) return too_large(bytes_max);
  return body;
}

}  // namespace magnetite::http
