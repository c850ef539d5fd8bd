#include "magnetite/health_probe.h"

#include <curl/curl.h>

#include <memory>

namespace magnetite {

bool answers_health(const std::string& base_url, std::chrono::milliseconds timeout) {
  const std::unique_ptr<CURL, void (*)(CURL*)> call(curl_easy_init(), &curl_easy_cleanup);
  if (call == nullptr) return false;
  const std::string url = base_url + "/health";
  curl_easy_setopt(call.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(call.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(call.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(call.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(call.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(call.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(
      call.get(), CURLOPT_WRITEFUNCTION,
      +[](char*, size_t size, size_t count, void*) -> size_t { return size * count; });
  return curl_easy_perform(call.get()) == CURLE_OK;
}

}  // namespace magnetite
