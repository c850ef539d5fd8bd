#include "write_buffer/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace magnetite::write_buffer {
namespace {

constexpr size_t kConnectionBytesMax = 4096;
constexpr std::string_view kHidden = "***";
constexpr uint16_t kKafkaPort = 9092;
constexpr uint16_t kRedisPort = 6379;
constexpr uint32_t kRedisDatabasesMax = 10'000;

std::unexpected<Error> bad(std::string what) {
  return fail(ErrorCode::kInvalidInput, "write buffer connection: " + std::move(what));
}

// "" for the second where there is no separator.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

Result<std::string> decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    uint8_t byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
      return bad("after '%' come two hexadecimal digits");
    if (byte == 0) return bad("%00 is not allowed");
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

template <class Number>
Result<Number> parse_number(std::string_view what, std::string_view text, Number least, Number most) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return bad(fmt::format("{} must be a number from {} to {}", what, least, most));
  return number;
}

Result<bool> parse_switch(std::string_view what, std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return bad(fmt::format("{} is 'on' or 'off'", what));
}

Result<HostPort> parse_host_port(std::string_view text, uint16_t default_port) {
  HostPort parsed{{}, default_port};
  std::string_view host;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return bad("a '[' without its ']'");
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return bad("after ']' comes ':' and a port");
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return bad("a port is missing after ':'");
  } else {
    std::tie(host, port) = split(text, ':');
    if (port.contains(':')) return bad("an IPv6 address stands in brackets");
    if (port.empty() && text.contains(':')) return bad("a port is missing after ':'");
  }
  MAGNETITE_TRY(parsed.host, decode(host));
  if (parsed.host.empty()) return bad("a host is missing");
  if (parsed.host.find_first_of(" ,/?#@") != std::string::npos) return bad("a host has a character that none has");
  if (!port.empty()) {
    MAGNETITE_TRY(parsed.port, parse_number<uint16_t>("a port", port, 1, 65'535));
  }
  return parsed;
}

struct Option {
  std::string key;
  std::string value;
};

Result<std::vector<Option>> parse_options(std::string_view query) {
  std::vector<Option> options;
  while (!query.empty()) {
    const auto [one, rest] = split(query, '&');
    query = rest;
    const auto [key, value] = split(one, '=');
    if (key.empty() || !one.contains('=')) return bad("options are key=value, joined by '&'");
    Option option;
    MAGNETITE_TRY(option.key, decode(key));
    MAGNETITE_TRY(option.value, decode(value));
    if (std::ranges::contains(options, option.key, &Option::key))
      return bad(fmt::format("option '{}' is given twice", option.key));
    options.push_back(std::move(option));
  }
  return options;
}

Result<std::optional<uint32_t>> parse_sequencers(const Option& option) {
  MAGNETITE_TRY(const uint32_t count, parse_number<uint32_t>(option.key, option.value, 1, kCreatedSequencersMax));
  return count;
}

Result<Connection> parse_kafka(std::string_view address, const std::vector<Option>& options) {
  KafkaConnection kafka;
  auto [brokers, topic] = split(address, '/');
  while (true) {
    const size_t comma = brokers.find(',');
    MAGNETITE_TRY(HostPort broker, parse_host_port(brokers.substr(0, comma), kKafkaPort));
    kafka.brokers.push_back(std::move(broker));
    if (comma == std::string_view::npos) break;
    brokers.remove_prefix(comma + 1);
  }
  MAGNETITE_TRY(kafka.topic, decode(topic));
  if (!kafka.topic.empty()) MAGNETITE_RETURN_IF_ERROR(check_topic_name(kafka.topic));
  for (const Option& option : options) {
    if (option.key == "n_sequencers") {
      MAGNETITE_TRY(kafka.n_sequencers, parse_sequencers(option));
    } else if (option.key == "replication") {
      MAGNETITE_TRY(kafka.replication, parse_number<uint16_t>(option.key, option.value, 1, 100));
    } else if (option.key == "trim") {
      MAGNETITE_TRY(kafka.trim, parse_switch(option.key, option.value));
    } else {
      kafka.options.emplace_back(option.key, option.value);
    }
  }
  return kafka;
}

Result<Connection> parse_redis(std::string_view address, const std::vector<Option>& options) {
  RedisConnection redis;
  if (const size_t at = address.rfind('@'); at != std::string_view::npos) {
    const auto [user, password] = split(address.substr(0, at), ':');
    if (password.empty()) return bad("before '@' comes user:password");
    MAGNETITE_TRY(redis.user, decode(user));
    MAGNETITE_TRY(redis.password, decode(password));
    address.remove_prefix(at + 1);
  }
  const auto [server, db] = split(address, '/');
  MAGNETITE_TRY(redis.server, parse_host_port(server, kRedisPort));
  if (!db.empty()) {
    MAGNETITE_TRY(redis.db, parse_number<uint32_t>("the database after '/'", db, 0, kRedisDatabasesMax));
  }
  for (const Option& option : options) {
    if (option.key == "n_sequencers") {
      MAGNETITE_TRY(redis.n_sequencers, parse_sequencers(option));
    } else if (option.key == "stream") {
      if (option.value.empty()) return bad("stream must not be empty");
      redis.stream = option.value;
    } else if (option.key == "trim") {
      MAGNETITE_TRY(redis.trim, parse_switch(option.key, option.value));
    } else if (option.key == "durability") {
      if (option.value != "required" && option.value != "reported")
        return bad("durability is 'required' or 'reported'");
      redis.durability_required = option.value == "required";
    } else {
      return bad(fmt::format("redis has no option '{}'", option.key));
    }
  }
  return redis;
}

template <class Local>
Result<Connection> parse_local(std::string_view kind, std::string Local::* place, std::string_view text,
                               const std::vector<Option>& options) {
  Local local;
  MAGNETITE_TRY(local.*place, decode(text));
  if ((local.*place).empty()) return bad(fmt::format("{}: needs a name", kind));
  for (const Option& option : options) {
    if (option.key != "n_sequencers") return bad(fmt::format("{}: has no option '{}'", kind, option.key));
    MAGNETITE_TRY(local.n_sequencers, parse_sequencers(option));
  }
  return local;
}

// Options of librdkafka have words in their names that say so. What cannot be read is taken for one.
bool is_secret(std::string_view key) {
  const Result<std::string> name = decode(key);
  constexpr std::array<std::string_view, 8> kWords = {"password", "passphrase", "secret",  "token",
                                                      "jaas",     "private",    ".config", ".pem"};
  return !name || std::ranges::any_of(kWords, [&](std::string_view word) { return name->contains(word); });
}

}  // namespace

std::string HostPort::text() const {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<> check_topic_name(std::string_view name) {
  constexpr size_t kTopicBytesMax = 249;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!name.empty() && name.size() <= kTopicBytesMax && name != "." && name != ".." &&
      name.find_first_not_of(kAllowed) == std::string_view::npos)
    return {};
  return bad(fmt::format("'{}' cannot name a topic: 1 to {} letters, digits, '.', '_' and '-'", name, kTopicBytesMax));
}

Result<Connection> parse_connection(std::string_view text) {
  if (text.size() > kConnectionBytesMax) return bad(fmt::format("longer than {} bytes", kConnectionBytesMax));
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return bad("contains a control character");
  const auto [address, query] = split(text, '?');
  MAGNETITE_TRY(const std::vector<Option> options, parse_options(query));
  const auto after = [&](std::string_view scheme) { return address.substr(scheme.size()); };
  if (address.starts_with("kafka://")) return parse_kafka(after("kafka://"), options);
  if (address.starts_with("redis://")) return parse_redis(after("redis://"), options);
  if (address.starts_with("file:")) return parse_local("file", &FileConnection::folder, after("file:"), options);
  if (address.starts_with("memory:")) return parse_local("memory", &MemoryConnection::name, after("memory:"), options);
  return bad("begins with none of kafka://, redis://, file:, memory:");
}

std::string without_secrets(std::string_view text) {
  const auto [address, query] = split(text, '?');
  std::string shown(address);
  const size_t user = address.find("://");
  const size_t at = address.rfind('@');
  if (user != std::string_view::npos && at != std::string_view::npos && at > user) {
    const size_t begin = user + 3;
    const size_t colon = address.find(':', begin);
    const size_t secret = colon < at ? colon + 1 : begin;
    shown.replace(secret, at - secret, kHidden);
  }
  if (address.size() == text.size()) return shown;
  shown += '?';
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view option = rest.substr(0, rest.find('&'));
    const size_t equals = option.find('=');
    if (equals != std::string_view::npos && is_secret(option.substr(0, equals)))
      shown += fmt::format("{}={}", option.substr(0, equals), kHidden);
    else
      shown += option;
    if (option.size() < rest.size()) shown += '&';
    rest.remove_prefix(std::min(option.size() + 1, rest.size()));
  }
  return shown;
}

std::string describe(const Connection& connection) {
  struct Describe {
    std::string operator()(const KafkaConnection& kafka) const {
      std::string brokers;
      for (const HostPort& broker : kafka.brokers) brokers += (brokers.empty() ? "" : ",") + broker.text();
      return fmt::format("kafka://{}/{}", brokers, kafka.topic);
    }
    std::string operator()(const RedisConnection& redis) const {
      return fmt::format("redis://{}/{}?stream={}", redis.server.text(), redis.db, redis.stream);
    }
    std::string operator()(const FileConnection& file) const { return "file:" + file.folder; }
    std::string operator()(const MemoryConnection& memory) const { return "memory:" + memory.name; }
  };
  return std::visit(Describe(), connection);
}

}  // namespace magnetite::write_buffer
