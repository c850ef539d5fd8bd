#include "object_store/file/folder_pages.h"

#include <algorithm>

namespace magnetite::object_store {
namespace {

struct Entry {
  std::string text;  // from the root; a folder's ends with '/'
  ObjectPath path;
  bool is_folder = false;
  uint64_t size_bytes = 0;
  WallTime modified;
};

// Reads folders and collects one page.
class PageReader {
 public:
  PageReader(Disk& disk, const std::string& root, const ListRequest& request)
      : disk_(disk), root_(root), request_(request), limit_(std::max<size_t>(request.limit, 1)) {}

  Result<ListPage> read() {
    const std::string below = request_.folder.parts().empty() ? "" : request_.folder.text() + "/";
    prefix_ = below + encode_prefix(request_.name_prefix);
    MAGNETITE_TRY([[maybe_unused]] const bool is_complete, walk(request_.folder));
    return std::move(page_);
  }

 private:
  // False: the page is full and more follows.
  Result<bool> walk(const ObjectPath& folder) {
    MAGNETITE_TRY(std::vector<Entry> entries, entries_of(folder));
    for (Entry& entry : entries) {
      if (!entry.text.starts_with(prefix_) || was_listed(entry)) continue;
      bool has_room = true;
      if (entry.is_folder && request_.deep) {
        MAGNETITE_TRY(has_room, walk(entry.path));
      } else {
        if (entry.is_folder) {
          MAGNETITE_TRY(const bool has_object, holds_object(entry.path));
          if (!has_object) continue;
        }
        has_room = add(std::move(entry));
      }
      if (!has_room) return false;
    }
    return true;
  }

  bool was_listed(const Entry& entry) const {
    if (request_.after.empty() || entry.text > request_.after) return false;
    return !(request_.deep && entry.is_folder && request_.after.starts_with(entry.text));
  }

  bool add(Entry entry) {
    if (page_.objects.size() + page_.folders.size() == limit_) {
      page_.next = std::move(last_);
      return false;
    }
    if (entry.is_folder)
      page_.folders.push_back(entry.path.parts().back());
    else
      page_.objects.push_back({std::move(entry.path), entry.size_bytes, entry.modified});
    last_ = std::move(entry.text);
    return true;
  }

  // In the order of a listing.
  Result<std::vector<Entry>> entries_of(const ObjectPath& folder) {
    std::vector<Entry> entries;
    const std::string text = folder.text();
    auto found = disk_.list(text.empty() ? root_ : root_ + "/" + text);
    if (!found && found.error().code() == ErrorCode::kNotFound && !text.empty()) {
      MAGNETITE_TRY(const bool root_exists, disk_.exists(root_));
      if (root_exists) return entries;
    }
    if (!found) return std::unexpected(std::move(found).error());
    for (const DirectoryEntry& each : *found) {
      const auto name = ObjectPath::parse(each.name);
      if (!name || name->parts().size() != 1) continue;
      entries.push_back({(text.empty() ? "" : text + "/") + each.name + (each.is_directory ? "/" : ""),
                         folder / name->parts().front(), each.is_directory, each.size_bytes, each.modified});
    }
    std::ranges::sort(entries, {}, &Entry::text);
    return entries;
  }

  // Removing objects leaves their folders: they must not be seen.
  Result<bool> holds_object(const ObjectPath& folder) {
    MAGNETITE_TRY(const std::vector<Entry> entries, entries_of(folder));
    if (!std::ranges::all_of(entries, &Entry::is_folder)) return true;
    for (const Entry& entry : entries) {
      MAGNETITE_TRY(const bool has_object, holds_object(entry.path));
      if (has_object) return true;
    }
    return false;
  }

  Disk& disk_;
  const std::string& root_;
  const ListRequest& request_;
  const size_t limit_;
  std::string prefix_;
  ListPage page_;
  std::string last_;
};

}  // namespace

Result<ListPage> list_files(Disk& disk, const std::string& root, const ListRequest& request) {
  return PageReader(disk, root, request).read();
}

}  // namespace magnetite::object_store
