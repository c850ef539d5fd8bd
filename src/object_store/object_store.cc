#include "object_store/object_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::object_store {
namespace {

// A file system reads a whole folder for each page: take it in few.
constexpr size_t kPageEntries = 100'000;

}  // namespace

Result<> ObjectWriter::check_open() const {
  if (state_ == State::kOpen) return {};
  return fail(ErrorCode::kFailedPrecondition,
              state_ == State::kCommitted ? "the object is already committed" : "an earlier write of it failed");
}

Result<> ObjectWriter::append(std::span<const std::byte> bytes) {
  MAGNETITE_RETURN_IF_ERROR(check_open());
  state_ = State::kFailed;
  if (declared_bytes_ && bytes.size() > *declared_bytes_ - std::min(size_bytes_, *declared_bytes_))
    return fail(ErrorCode::kInvalidInput, fmt::format("an object declared to have {} bytes has at least {}",
                                                      *declared_bytes_, size_bytes_ + bytes.size()));
  MAGNETITE_RETURN_IF_ERROR(write(bytes));
  size_bytes_ += bytes.size();
  state_ = State::kOpen;
  return {};
}

Result<> ObjectWriter::commit() {
  MAGNETITE_RETURN_IF_ERROR(check_open());
  state_ = State::kFailed;
  if (declared_bytes_ && size_bytes_ != *declared_bytes_)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("an object declared to have {} bytes has {}", *declared_bytes_, size_bytes_));
  MAGNETITE_RETURN_IF_ERROR(finish());
  state_ = State::kCommitted;
  return {};
}

Result<FolderListing> ObjectStore::list_folder(const ObjectPath& folder) {
  FolderListing listing;
  ListRequest request{.folder = folder, .limit = kPageEntries};
  do {
    MAGNETITE_TRY(ListPage page, list_page(request));
    for (ObjectInfo& object : page.objects) listing.objects.push_back(std::move(object.path));
    std::ranges::move(page.folders, std::back_inserter(listing.folders));
    request.after = std::move(page.next);
  } while (!request.after.empty());
  std::ranges::sort(listing.objects);
  std::ranges::sort(listing.folders);
  return listing;
}

Result<std::vector<ObjectPath>> ObjectStore::list(const ObjectPath& folder) {
  std::vector<ObjectPath> paths;
  ListRequest request{.folder = folder, .deep = true, .limit = kPageEntries};
  do {
    MAGNETITE_TRY(ListPage page, list_page(request));
    for (ObjectInfo& object : page.objects) paths.push_back(std::move(object.path));
    request.after = std::move(page.next);
  } while (!request.after.empty());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace magnetite::object_store
