// Where a log is, in the one line that operators write. Pure: nothing is looked up.
//   kafka://host:port[,host:port...][/topic][?n_sequencers=8&replication=3&trim=on&<option of librdkafka>=<value>]
//   redis://[user:password@]host:port[/db][?stream=name&n_sequencers=8&trim=off&durability=reported]
//   file:folder[?n_sequencers=8]
//   memory:name[?n_sequencers=8]
// Everything but separators may be percent-encoded. A port may be left out (9092, 6379).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace magnetite::write_buffer {

inline constexpr uint32_t kCreatedSequencersMax = 64;  // of the local log, and plenty for one writer

struct HostPort {
  std::string host;  // a name or an address; IPv6 without its brackets
  uint16_t port = 0;
  std::string text() const;  // host:port, [v6]:port
  bool operator==(const HostPort&) const = default;
};

// n_sequencers says how many a log gets that has yet to be created; an existing one keeps its own.
struct KafkaConnection {
  std::vector<HostPort> brokers;
  std::string topic = {};  // empty: the database's name
  std::optional<uint32_t> n_sequencers = {};
  std::optional<uint16_t> replication = {};  // of a created topic; none: the broker's default
  bool trim = false;                         // delete records that are needed no more; other readers may need them
  std::vector<std::pair<std::string, std::string>> options = {};  // of librdkafka
  bool operator==(const KafkaConnection&) const = default;
};

struct RedisConnection {
  HostPort server;
  std::string user = {};  // empty: the default user
  std::string password = {};
  uint32_t db = 0;
  std::string stream = {};  // empty: the database's name
  std::optional<uint32_t> n_sequencers = {};
  bool trim = true;
  bool durability_required = true;  // false: settings that may lose writes are reported, not refused
  bool operator==(const RedisConnection&) const = default;
};

struct FileConnection {
  std::string folder;
  std::optional<uint32_t> n_sequencers = {};
  bool operator==(const FileConnection&) const = default;
};

struct MemoryConnection {
  std::string name;
  std::optional<uint32_t> n_sequencers = {};
  bool operator==(const MemoryConnection&) const = default;
};

using Connection = std::variant<KafkaConnection, RedisConnection, FileConnection, MemoryConnection>;

// kInvalidInput, saying what is wrong where; never with a password in it.
Result<Connection> parse_connection(std::string_view text);

// For logs and status pages: without passwords and options.
std::string describe(const Connection& connection);

// As it is shown to people: passwords, and the values of options that are secrets, are "***". Of any text.
std::string without_secrets(std::string_view text);

// 1 to 249 of letters, digits, '.', '_' and '-'; not "." or "..".
Result<> check_topic_name(std::string_view name);

}  // namespace magnetite::write_buffer
