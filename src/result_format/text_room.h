// Appending many small pieces to a string with one bounds check for several of them.
#pragma once

#include <algorithm>
#include <string>

namespace magnetite::result_format {

// The string is longer than its text until close(). Positions are invalid after grow().
class TextRoom {
 public:
  explicit TextRoom(std::string& out) : out_(out), at_(out.size()) {}
  ~TextRoom() { out_.resize(at_); }
  TextRoom(const TextRoom&) = delete;
  TextRoom& operator=(const TextRoom&) = delete;

  // A place to write up to `bytes` bytes; done(end) says how far it went.
  char* need(size_t bytes) {
    if (out_.size() - at_ < bytes) [[unlikely]]
      grow(bytes);
    return out_.data() + at_;
  }
  void done(const char* end) { at_ = offset(end); }
  size_t offset(const char* at) const { return static_cast<size_t>(at - out_.data()); }

 private:
  void grow(size_t bytes) {
    const size_t wanted = std::max(at_ + bytes, out_.size() + out_.size() / 2);
    out_.resize_and_overwrite(wanted, [](char*, size_t size) { return size; });  // no zeros that nobody reads
  }
  std::string& out_;
  size_t at_;
};

}  // namespace magnetite::result_format
