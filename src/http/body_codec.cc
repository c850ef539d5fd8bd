#include "http/body_codec.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace magnetite::http {
namespace {

constexpr size_t kFirstBytes = 64 * 1024;

// The result while it grows, never beyond the limits.
class Output {
 public:
  Output(uint64_t bytes_max, BodyBudget::Lease& lease) : bytes_max_(bytes_max), lease_(lease) {}

  char* free_begin() { return text_.data() + used_; }
  size_t free_bytes() const { return text_.size() - used_; }
  void advance(size_t bytes) { used_ += bytes; }

  // Room for `bytes` in all if the limit has it, as much as the limit has otherwise; an error when that is no more
  // room than now.
  Result<> grow_to(uint64_t bytes) {
    if (text_.size() >= bytes_max_ && bytes > bytes_max_) return std::unexpected(body_too_large(bytes_max_));
    bytes = std::min(bytes, bytes_max_);
    if (bytes <= text_.size()) return {};
    if (!lease_.add(bytes - text_.size())) return std::unexpected(bodies_too_many());
    text_.resize_and_overwrite(bytes, [](char*, size_t size) { return size; });
    return {};
  }
  Result<> grow_by(uint64_t bytes) { return grow_to(text_.size() + bytes); }
  Result<> grow() { return grow_to(std::max<uint64_t>(kFirstBytes, 2 * static_cast<uint64_t>(text_.size()))); }

  std::string finish() && {
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  const uint64_t bytes_max_;
  BodyBudget::Lease& lease_;
  std::string text_;
  size_t used_ = 0;
};

Result<std::string> decode_gzip(std::string_view in, uint64_t bytes_max, BodyBudget::Lease& lease) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  Output out(bytes_max, lease);
  // The last four bytes say how large the last member is: for the usual single one, no second try. Deflate cannot
  // shrink below 1:1032, so a lie costs little.
  constexpr uint64_t kRatioMax = 1032;
  uint32_t size = 0;
  if (in.size() >= sizeof(size)) std::memcpy(&size, in.data() + in.size() - sizeof(size), sizeof(size));
  if (size > 0) MAGNETITE_RETURN_IF_ERROR(out.grow_to(std::min<uint64_t>(size, in.size() * kRatioMax)));
  while (!in.empty()) {
    size_t read = 0;
    size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(), in.data(), in.size(),
                                                                   out.free_begin(), out.free_bytes(), &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      MAGNETITE_RETURN_IF_ERROR(out.grow());
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return fail(ErrorCode::kInvalidInput, "the body is not well-formed gzip");
    in.remove_prefix(read);
    out.advance(written);
  }
  return std::move(out).finish();
}

Result<std::string> decode_zstd(std::string_view in, uint64_t bytes_max, BodyBudget::Lease& lease) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  Output out(bytes_max, lease);
  while (!in.empty()) {
    const size_t frame = ZSTD_findFrameCompressedSize(in.data(), in.size());
    if (ZSTD_isError(frame) != 0) return fail(ErrorCode::kInvalidInput, "the body is not well-formed zstd");
    const size_t before = out.free_bytes();
    const unsigned long long size = ZSTD_getFrameContentSize(in.data(), in.size());
    const bool known = size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR;
    if (known && size > bytes_max) return std::unexpected(body_too_large(bytes_max));
    if (known && size > before) MAGNETITE_RETURN_IF_ERROR(out.grow_by(size - before));
    while (true) {
      const size_t written = ZSTD_decompressDCtx(context.get(), out.free_begin(), out.free_bytes(), in.data(), frame);
      if (ZSTD_isError(written) == 0) {
        out.advance(written);
        break;
      }
      if (ZSTD_getErrorCode(written) != ZSTD_error_dstSize_tooSmall)
        return fail(ErrorCode::kInvalidInput, "the body is not well-formed zstd");
      MAGNETITE_RETURN_IF_ERROR(out.grow());
    }
    in.remove_prefix(frame);
  }
  return std::move(out).finish();
}

}  // namespace

Result<> check_encoding(std::string_view encoding) {
  for (const std::string_view known : {"", "identity", "gzip", "x-gzip", "zstd"})
    if (encoding == known) return {};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("Content-Encoding '{}' is not known: use gzip, zstd or identity", encoding));
}

Error body_too_large(uint64_t bytes_max) {
  return Error(ErrorCode::kTooLarge,
               fmt::format("the body is larger than {} bytes (--max-http-request-size); send it in parts", bytes_max));
}

Error bodies_too_many() {
  return Error(ErrorCode::kResourceExhausted, "too many request bodies are in memory; repeat later");
}

Result<std::string> decode_body(std::string body, std::string_view encoding, uint64_t bytes_max,
                                BodyBudget::Lease& lease) {
  if (encoding == "gzip" || encoding == "x-gzip") return decode_gzip(body, bytes_max, lease);
  if (encoding == "zstd") return decode_zstd(body, bytes_max, lease);
  MAGNETITE_RETURN_IF_ERROR(check_encoding(encoding));
  if (body.size() > bytes_max) return std::unexpected(body_too_large(bytes_max));
  return body;
}

}  // namespace magnetite::http
