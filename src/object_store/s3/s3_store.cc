#include "object_store/s3/s3_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>

#include "model/ids.h"
#include "object_store/s3/multipart_writer.h"
#include "object_store/s3/s3_client.h"
#include "object_store/s3/s3_xml.h"

namespace magnetite::object_store {
namespace {

using s3::Effect;
using s3::HttpAnswer;

constexpr uint64_t kOnePutBytesMax = uint64_t{5} << 30;  // S3's own limit of one request
constexpr size_t kKeysPerPageMax = 1'000;                // S3's own limit

class S3Store final : public ObjectStore {
 public:
  S3Store(S3Settings settings, Executor& executor, S3StoreLimits limits)
      : client_(std::move(settings), executor), limits_(limits), repeat_{.repeat = limits.repeat} {}

  std::string description() const override { return "s3 " + client_.description(); }

  // Reads one page under a name that nobody has: some servers fail only on use.
  Result<> check() override {
    const std::string probe = model::Uuid::random().text() + "/";
    auto page = client_.call({.query = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", probe}}},
                             {.repeat = limits_.check, .is_strict = true});
    if (page) {
      auto listing = s3::parse_listing(page->body);
      if (listing) return {};
      return unusable(std::move(listing).error());
    }
    return unusable(std::move(page).error());
  }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    if (bytes.size() <= kOnePutBytesMax) return s3::put_object(client_, path.text(), bytes, repeat_);
    MAGNETITE_TRY(const std::unique_ptr<ObjectWriter> writer, start_put(path));
    MAGNETITE_RETURN_IF_ERROR(writer->append(bytes));
    return writer->commit();
  }

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    if (bytes.size() > kOnePutBytesMax)
      return fail(ErrorCode::kTooLarge, fmt::format("{} has more than {} bytes", path.text(), kOnePutBytesMax));
    MAGNETITE_RETURN_IF_ERROR(conditional_put(path, bytes));
    return knows_conditions_ ? Result<>() : try_condition(path, bytes);
  }

  Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    return s3::make_multipart_writer(client_, path.text(), limits_.part_bytes, repeat_);
  }

  Result<Bytes> get(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    return client_.call({.key = path.text(), .answer_bytes_max = kOnePutBytesMax}, repeat_)
        .transform([](HttpAnswer answer) { return std::move(answer.body); });
  }

  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    if (size == 0 || size > UINT64_MAX - offset) return empty_range(path, offset, size);
    MAGNETITE_TRY(HttpAnswer answer,
                  client_.call({.key = path.text(),
                                .headers = {fmt::format("Range: bytes={}-{}", offset, offset + size - 1)},
                                .answer_bytes_max = size + kErrorBytesMax},
                               repeat_));
    if (answer.status == 206 && answer.body.size() == size) return std::move(answer.body);
    if (answer.status == 206 && answer.body.size() < size)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} ends {} bytes after {}", path.text(), answer.body.size(), offset));
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{} does not answer ranges", description()));
  }

  Result<uint64_t> size(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    MAGNETITE_TRY(HttpAnswer answer, client_.call({.method = "HEAD", .key = path.text()}, repeat_));
    const std::string& length = answer.headers["content-length"];
    uint64_t bytes = 0;
    if (std::from_chars(length.data(), length.data() + length.size(), bytes).ec != std::errc())
      return fail(ErrorCode::kUnavailable, fmt::format("{} has no length", path.text()));
    return bytes;
  }

  Result<> remove(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    auto removed = client_.call({.method = "DELETE", .key = path.text(), .effect = Effect::kSame}, repeat_);
    if (removed || removed.error().code() == ErrorCode::kNotFound) return {};
    return std::unexpected(std::move(removed).error());
  }

  Result<ListPage> list_page(const ListRequest& request) override {
    const std::string below = request.folder.parts().empty() ? "" : request.folder.text() + "/";
    s3::Query query = {{"list-type", "2"},
                       {"max-keys", std::to_string(std::clamp<size_t>(request.limit, 1, kKeysPerPageMax))},
                       {"prefix", below + encode_prefix(request.name_prefix)}};
    if (!request.deep) query.emplace_back("delimiter", "/");
    if (!request.after.empty()) query.emplace_back("continuation-token", request.after);
    MAGNETITE_TRY(const HttpAnswer answer, client_.call({.query = std::move(query)}, repeat_));
    MAGNETITE_TRY(s3::ListAnswer listing, s3::parse_listing(answer.body));
    ListPage page{.objects = {}, .folders = {}, .next = std::move(listing.next_token)};
    for (const s3::ListedKey& key : listing.keys)  // keys of others that are no path are not there
      if (auto path = ObjectPath::parse(key.key); path && !path->parts().empty())
        page.objects.push_back({*std::move(path), key.size_bytes, key.last_modified});
    for (const std::string& prefix : listing.prefixes)
      if (auto path = ObjectPath::parse(std::string_view(prefix).substr(0, prefix.size() - 1));
          path && !path->parts().empty())
        page.folders.push_back(path->parts().back());
    return page;
  }

 private:
  static constexpr uint64_t kErrorBytesMax = 64 * 1024;

  std::unexpected<Error> unusable(Error error) const {
    return std::unexpected(std::move(error).with_context(fmt::format("object store {} cannot be used", description())));
  }

  Result<> conditional_put(const ObjectPath& path, std::span<const std::byte> bytes) {
    MAGNETITE_RETURN_IF_ERROR(client_.call(
        {.method = "PUT", .key = path.text(), .headers = {"If-None-Match: *"}, .body = bytes, .effect = Effect::kOnce},
        repeat_));
    return {};
  }

  // Old servers ignore the condition, and two writers would both win. The first time, the same put again must fail.
  Result<> try_condition(const ObjectPath& path, std::span<const std::byte> bytes) {
    const auto again = conditional_put(path, bytes);
    if (again)
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("{} ignores If-None-Match, so that two writers could overwrite each other; "
                              "use a server that knows conditional writes",
                              description()));
    if (again.error().code() == ErrorCode::kAlreadyExists) knows_conditions_ = true;
    return {};
  }

  Result<Bytes> empty_range(const ObjectPath& path, uint64_t offset, uint64_t size) {
    MAGNETITE_TRY(const uint64_t total, this->size(path));
    if (offset > total || size > total - offset)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} bytes", path.text(), total));
    return Bytes();
  }

  s3::S3Client client_;
  const S3StoreLimits limits_;
  const s3::S3Limits repeat_;
  std::atomic<bool> knows_conditions_ = false;
};

}  // namespace

std::unique_ptr<ObjectStore> make_s3_store(S3Settings settings, Executor& executor, S3StoreLimits limits) {
  return std::make_unique<S3Store>(std::move(settings), executor, limits);
}

}  // namespace magnetite::object_store
