#include "object_store/s3/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>

namespace magnetite::object_store::s3 {
namespace {

constexpr long kStallBytesPerSecond = 16 * 1024;

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void add(HeaderList& list, const std::string& header) {
  list.reset(curl_slist_append(list.release(), header.c_str()));  // fails only without memory
}

// What arrives of one answer.
struct Arrival {
  HttpAnswer answer;
  uint64_t bytes_max = 0;
  bool is_too_large = false;
};

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& arrival = *static_cast<Arrival*>(user);
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) arrival.answer.headers.clear();  // of an interim answer
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
  arrival.answer.headers[std::move(name)] = value;
  return size * count;
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& arrival = *static_cast<Arrival*>(user);
  Bytes& body = arrival.answer.body;
  const size_t bytes = size * count;
  if (bytes > arrival.bytes_max - body.size()) {
    arrival.is_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (body.empty()) {
    uint64_t expected = 0;
    const std::string& length = arrival.answer.headers["content-length"];
    std::from_chars(length.data(), length.data() + length.size(), expected);
    body.reserve(std::min(expected, arrival.bytes_max));
  }
  const auto* first = reinterpret_cast<const std::byte*>(data);
  body.insert(body.end(), first, first + bytes);
  return bytes;
}

long to_milliseconds(Duration duration) {
  return std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

HttpFailureKind kind_of(CURLcode code, bool was_sent) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_NOT_BUILT_IN:
      return HttpFailureKind::kHopeless;
    default:
      return was_sent ? HttpFailureKind::kMaybeDone : HttpFailureKind::kNotSent;
  }
}

void configure(CURL* handle, const HttpClientOptions& options) {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, to_milliseconds(options.connect_timeout));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  curl_easy_setopt(
      handle, CURLOPT_LOW_SPEED_TIME,
      std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.stall_timeout).count())));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!options.ca_bundle.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_bundle.c_str());
  if (options.ignores_proxies) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
}

void set_method(CURL* handle, const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method == "PUT" || request.method == "POST") {
    // A body in memory: libcurl then signs its hash, so that damage on the way is refused by the server.
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS,
                     request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

HeaderList headers_of(const HttpRequest& request) {
  HeaderList list;
  add(list, "Expect:");  // waiting for "100 Continue" costs a round trip
  if (request.method == "PUT" || request.method == "POST") add(list, "Content-Type: application/octet-stream");
  for (const std::string& header : request.headers) add(list, header);
  if (request.signature && !request.signature->credentials.session_token.empty())
    add(list, "x-amz-security-token: " + request.signature->credentials.session_token);
  return list;
}

void sign(CURL* handle, const Signature& signature) {
  const std::string how = fmt::format("aws:amz:{}:{}", signature.region, signature.service);
  curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, how.c_str());
  curl_easy_setopt(handle, CURLOPT_USERNAME, signature.credentials.access_key.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, signature.credentials.secret_key.c_str());
}

HttpOutcome perform_on(CURL* handle, const HttpClientOptions& options, const HttpRequest& request) {
  curl_easy_reset(handle);  // keeps connections
  configure(handle, options);
  set_method(handle, request);
  const HeaderList headers = headers_of(request);
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  if (request.signature) sign(handle, *request.signature);
  if (request.time_out) curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, to_milliseconds(*request.time_out));
  Arrival arrival{.answer = {}, .bytes_max = request.answer_bytes_max};
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &arrival);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &arrival);
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);

  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  long sent_bytes = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &sent_bytes);
  if (arrival.is_too_large)
    return std::unexpected(HttpFailure{HttpFailureKind::kTooLarge,
                                       fmt::format("the answer has more than {} bytes", request.answer_bytes_max)});
  if (code != CURLE_OK)
    return std::unexpected(
        HttpFailure{kind_of(code, sent_bytes > 0), reason[0] != '\0' ? reason : curl_easy_strerror(code)});
  arrival.answer.status = static_cast<int>(status);
  return std::move(arrival.answer);
}

}  // namespace

// Handles keep their connection open between requests.
class HttpClient::Pool {
 public:
  Pool(Executor& executor, size_t handles_max) : handles_max_(handles_max), freed_(executor) {}

  // nullptr: none became free before the deadline.
  Handle take(MonoTime deadline) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (idle_.empty() && in_use_ >= handles_max_)
      if (freed_.wait_until(mutex_, deadline, WaitReason::kQueueSpace) == WaitOutcome::kDeadline && idle_.empty() &&
          in_use_ >= handles_max_)
        return nullptr;
    ++in_use_;
    if (idle_.empty()) return Handle(curl_easy_init());
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }

  void give_back(Handle handle) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --in_use_;
    if (handle != nullptr) idle_.push_back(std::move(handle));
    freed_.notify_one();
  }

 private:
  const size_t handles_max_;
  Mutex mutex_;
  Signal freed_;
  size_t in_use_ GUARDED_BY(mutex_) = 0;
  std::vector<Handle> idle_ GUARDED_BY(mutex_);
};

HttpClient::HttpClient(Executor& executor, HttpClientOptions options)
    : options_(std::move(options)), pool_(std::make_unique<Pool>(executor, options_.connections_max)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

HttpClient::~HttpClient() = default;

HttpOutcome HttpClient::perform(const HttpRequest& request, MonoTime deadline) {
  Handle handle = pool_->take(deadline);
  if (handle == nullptr)
    return std::unexpected(
        HttpFailure{HttpFailureKind::kNotSent, fmt::format("all {} connections are in use", options_.connections_max)});
  HttpOutcome outcome = perform_on(handle.get(), options_, request);
  pool_->give_back(std::move(handle));
  return outcome;
}

}  // namespace magnetite::object_store::s3
