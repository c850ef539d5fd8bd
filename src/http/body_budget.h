// How many bytes of request bodies may be in memory at once, over all connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace magnetite::http {

// Thread-safe; outlives its leases.
class BodyBudget {
 public:
  explicit BodyBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  uint64_t bytes() const { return bytes_; }

  // A share of it, given back on destruction.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(BodyBudget& budget) : budget_(&budget) {}
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->bytes_ -= bytes_;
    }

    // False: there is no room, and the share is as it was.
    bool add(uint64_t bytes) {
      if (budget_ == nullptr) return true;
      if ((budget_->bytes_ += bytes) > budget_->bytes_max_) {
        budget_->bytes_ -= bytes;
        return false;
      }
      bytes_ += bytes;
      return true;
    }

   private:
    BodyBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace magnetite::http
