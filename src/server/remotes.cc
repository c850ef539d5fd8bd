#include "server/remotes.h"

#include <fmt/format.h>
#include <magnetite/remotes.pb.h>

#include "line_protocol/utf8.h"

namespace magnetite::server {
namespace {

constexpr uint32_t kVersion = 1;

object_store::ObjectPath path_of(model::ServerId server) {
  return object_store::ObjectPath({std::to_string(server.value), "remotes.pb"});
}

Result<> check(const Remote& remote) {
  if (remote.id == 0) return fail(ErrorCode::kInvalidInput, "remote.id: Field is required");
  if (remote.connection_string.empty())
    return fail(ErrorCode::kInvalidInput, "remote.connection_string: Field is required");
  if (remote.connection_string.size() > kConnectionBytesMax)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("remote.connection_string: has more than {} bytes", kConnectionBytesMax));
  if (line_protocol::find_invalid_utf8(remote.connection_string) != std::string_view::npos)
    return fail(ErrorCode::kInvalidInput, "remote.connection_string: invalid UTF-8");
  return {};
}

}  // namespace

object_store::Bytes encode_remotes_file(const std::vector<Remote>& remotes) {
  RemotesFile file;
  file.set_version(kVersion);
  for (const Remote& remote : remotes) {
    RemotesFile::Remote& out = *file.add_remotes();
    out.set_id(remote.id);
    out.set_connection_string(remote.connection_string);
  }
  object_store::Bytes bytes(file.ByteSizeLong());
  file.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Result<std::vector<Remote>> decode_remotes_file(const object_store::Bytes& bytes) {
  RemotesFile file;
  if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorCode::kCorruption, "the bytes are no message");
  if (file.version() != kVersion)
    return fail(ErrorCode::kCorruption, fmt::format("version {}, known is {}", file.version(), kVersion));
  if (file.remotes_size() > static_cast<int>(kRemotesMax)) return fail(ErrorCode::kCorruption, "too many remotes");
  std::vector<Remote> remotes;
  for (const RemotesFile::Remote& from : file.remotes()) {
    Remote remote{from.id(), from.connection_string()};
    if (auto good = check(remote); !good) return fail(ErrorCode::kCorruption, good.error().message());
    if (!remotes.empty() && remotes.back().id >= remote.id)
      return fail(ErrorCode::kCorruption, "remotes are not in the order of their ids");
    remotes.push_back(std::move(remote));
  }
  return remotes;
}

Result<std::vector<Remote>> Remotes::list(model::ServerId server) {
  MAGNETITE_TRY(const Addresses addresses, current(server));
  std::vector<Remote> remotes;
  remotes.reserve(addresses.size());
  for (const auto& [id, connection_string] : addresses) remotes.push_back({id, connection_string});
  return remotes;
}

Result<> Remotes::set(model::ServerId server, Remote remote) {
  MAGNETITE_RETURN_IF_ERROR(check(remote));
  const MutexLock lock(change_mutex_);
  MAGNETITE_TRY(Addresses addresses, current(server));
  addresses[remote.id] = std::move(remote.connection_string);
  if (addresses.size() > kRemotesMax)
    return fail(ErrorCode::kLimitExceeded, fmt::format("the server has {} remotes, the most allowed", kRemotesMax));
  return store(server, std::move(addresses));
}

Result<> Remotes::remove(model::ServerId server, uint32_t id) {
  if (id == 0) return fail(ErrorCode::kInvalidInput, "id: Field is required");
  const MutexLock lock(change_mutex_);
  MAGNETITE_TRY(Addresses addresses, current(server));
  if (addresses.erase(id) == 0) return fail(ErrorCode::kNotFound, fmt::format("there is no remote {}", id));
  return store(server, std::move(addresses));
}

Result<Remotes::Addresses> Remotes::current(model::ServerId server) {
  {
    const MutexLock lock(mutex_);
    if (addresses_) return *addresses_;
  }
  Addresses read;
  auto bytes = store_.get(path_of(server));
  if (!bytes && bytes.error().code() != ErrorCode::kNotFound) return std::unexpected(std::move(bytes).error());
  if (bytes) {
    auto remotes = decode_remotes_file(*bytes);
    if (!remotes)
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("{} cannot be understood ({}): put it right or move it away", path_of(server).text(),
                              remotes.error().message()));
    for (Remote& remote : *remotes) read[remote.id] = std::move(remote.connection_string);
  }
  const MutexLock lock(mutex_);
  if (!addresses_) addresses_ = std::move(read);  // a change may have been first
  return *addresses_;
}

Result<> Remotes::store(model::ServerId server, Addresses addresses) {
  std::vector<Remote> remotes;
  for (const auto& [id, connection_string] : addresses) remotes.push_back({id, connection_string});
  MAGNETITE_RETURN_IF_ERROR(store_.put(path_of(server), encode_remotes_file(remotes)));
  const MutexLock lock(mutex_);
  addresses_ = std::move(addresses);
  return {};
}

}  // namespace magnetite::server
