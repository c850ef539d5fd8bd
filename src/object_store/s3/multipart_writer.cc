#include "object_store/s3/multipart_writer.h"

#include <fmt/format.h>

#include "object_store/s3/s3_xml.h"

namespace magnetite::object_store::s3 {
namespace {

// S3 takes 10,000 parts: they grow by their first size after each thousand, so 8 MiB ones reach 430 GiB.
constexpr size_t kPartsMax = 10'000;
constexpr size_t kPartsOfOneSize = 1'000;

// An upload that was started is given up by itself, if not by us: not worth waiting for.
constexpr S3Limits kAbortLimits{.repeat = std::chrono::seconds(3), .is_strict = true};

class MultipartWriter final : public ObjectWriter {
 public:
  MultipartWriter(S3Client& client, std::string key, size_t part_bytes, S3Limits limits)
      : client_(client), key_(std::move(key)), part_bytes_(part_bytes), limits_(limits) {}

  ~MultipartWriter() override {
    if (upload_id_.empty() || is_complete_) return;
    static_cast<void>(
        client_.call({.method = "DELETE", .key = key_, .query = {{"uploadId", upload_id_}}}, kAbortLimits));
  }

 private:
  Result<> write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const size_t part_bytes = part_bytes_ * (1 + etags_.size() / kPartsOfOneSize);
      if (pending_.empty() && bytes.size() >= part_bytes) {
        MAGNETITE_RETURN_IF_ERROR(upload_part(bytes.first(part_bytes)));
        bytes = bytes.subspan(part_bytes);
        continue;
      }
      const size_t taken = std::min(bytes.size(), part_bytes - pending_.size());
      pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
      bytes = bytes.subspan(taken);
      if (pending_.size() < part_bytes) continue;
      MAGNETITE_RETURN_IF_ERROR(upload_part(pending_));
      pending_.clear();
    }
    return {};
  }

  Result<> finish() override {
    if (upload_id_.empty()) return put_object(client_, key_, pending_, limits_);
    if (!pending_.empty()) MAGNETITE_RETURN_IF_ERROR(upload_part(pending_));
    const std::string body = complete_upload_body(etags_);
    MAGNETITE_RETURN_IF_ERROR(client_.call({.method = "POST",
                                            .key = key_,
                                            .query = {{"uploadId", upload_id_}},
                                            .body = std::as_bytes(std::span(body)),
                                            .effect = Effect::kSame},
                                           limits_));
    is_complete_ = true;
    return {};
  }

  // Nothing of it is seen yet, so that a failure is never unclear.
  Result<> upload_part(std::span<const std::byte> bytes) {
    if (upload_id_.empty()) {
      MAGNETITE_TRY(const HttpAnswer started,
                    client_.call({.method = "POST", .key = key_, .query = {{"uploads", ""}}}, limits_));
      MAGNETITE_TRY(upload_id_, parse_upload_id(started.body));
    }
    if (etags_.size() == kPartsMax)
      return fail(ErrorCode::kTooLarge, fmt::format("{} has more than {} bytes", key_, size_bytes()));
    MAGNETITE_TRY(const HttpAnswer answer,
                  client_.call({.method = "PUT",
                                .key = key_,
                                .query = {{"partNumber", std::to_string(etags_.size() + 1)}, {"uploadId", upload_id_}},
                                .body = bytes},
                               limits_));
    const auto etag = answer.headers.find("etag");
    if (etag == answer.headers.end())
      return fail(ErrorCode::kUnavailable, fmt::format("a part of {} was stored without an ETag", key_));
    etags_.push_back(etag->second);
    return {};
  }

  S3Client& client_;
  const std::string key_;
  const size_t part_bytes_;
  const S3Limits limits_;
  Bytes pending_;
  std::string upload_id_;  // empty until the first part
  std::vector<std::string> etags_;
  bool is_complete_ = false;
};

}  // namespace

std::unique_ptr<ObjectWriter> make_multipart_writer(S3Client& client, std::string key, size_t part_bytes,
                                                    S3Limits limits) {
  return std::make_unique<MultipartWriter>(client, std::move(key), part_bytes, limits);
}

Result<> put_object(S3Client& client, const std::string& key, std::span<const std::byte> bytes, S3Limits limits) {
  MAGNETITE_RETURN_IF_ERROR(client.call({.method = "PUT", .key = key, .body = bytes, .effect = Effect::kSame}, limits));
  return {};
}

}  // namespace magnetite::object_store::s3
