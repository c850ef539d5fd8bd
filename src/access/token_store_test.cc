#include "access/token_store.h"

#include <gmock/gmock.h>

#include "access/token_file.h"
#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"

namespace magnetite::access {
namespace {

using sim::DiskOperation;
using sim::FaultEffect;
using ::testing::HasSubstr;

constexpr const char* kFolder = "data";
constexpr const char* kPath = "data/tokens.pb";
const Grant kAdmin{.admin = true, .permissions = {}};
const Grant kReadsD{.permissions = {{.database = "d", .read = true}}};

class TokenStoreTest : public ::testing::Test {
 protected:
  void run(std::function<void()> main) {
    executor_.run([&] {
      ASSERT_TRUE(disk_.create_directories(kFolder));
      open();
      main();
    });
  }
  // As another start of the server finds them.
  void open() {
    auto opened = TokenStore::open(disk_, executor_.clock(), kFolder);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = *std::move(opened);
  }
  std::string create(std::string name, Grant grant = kReadsD) {
    auto made = store_->create({std::move(name), std::move(grant)});
    EXPECT_TRUE(made) << made.error().message();
    return made->text;
  }
  ErrorCode refusal(TokenWish wish) { return store_->create(std::move(wish)).error().code(); }

  sim::SimExecutor executor_{1};
  sim::SimDisk disk_{&executor_, 1};
  std::unique_ptr<TokenStore> store_;
};

TEST_F(TokenStoreTest, ATokenIsKnownByItsTextAlsoAfterARestart) {
  run([this] {
    const std::string reader = create("reader");
    const std::string admin = create("boss", kAdmin);
    EXPECT_TRUE(reader.starts_with("apiv3_"));
    EXPECT_EQ(reader.size(), 6u + 64u);
    EXPECT_NE(reader, admin);
    for (int start = 0; start < 2; ++start) {
      EXPECT_EQ(*store_->find(reader), kReadsD);
      EXPECT_EQ(*store_->find(admin), kAdmin);
      EXPECT_EQ(store_->find(reader + "x"), nullptr);
      EXPECT_EQ(store_->find(reader.substr(0, 69)), nullptr);
      EXPECT_EQ(store_->find("reader"), nullptr);
      EXPECT_EQ(store_->find(""), nullptr);
      open();
    }
  });
}

TEST_F(TokenStoreTest, TheFileDoesNotHoldTheText) {
  run([this] {
    const std::string text = create("reader");
    const std::string file = disk_.read_durable(kPath).value();
    EXPECT_THAT(file, HasSubstr("reader"));
    EXPECT_THAT(file, Not(HasSubstr(text)));
    EXPECT_THAT(file, Not(HasSubstr(text.substr(6, 16))));
  });
}

TEST_F(TokenStoreTest, ARemovedTokenIsNoneAtOnceAndItsNameIsFree) {
  run([this] {
    const std::string text = create("reader");
    ASSERT_TRUE(store_->remove("reader"));
    EXPECT_EQ(store_->find(text), nullptr);
    EXPECT_EQ(store_->remove("reader").error().code(), ErrorCode::kNotFound);
    const std::string other = create("reader");
    EXPECT_EQ(store_->list().back().id, 2u) << "an id is never given again";
    open();
    EXPECT_EQ(store_->find(text), nullptr);
    EXPECT_NE(store_->find(other), nullptr);
  });
}

TEST_F(TokenStoreTest, AnExpiredTokenIsNone) {
  run([this] {
    const auto made = store_->create({"short", kReadsD, std::chrono::seconds(10)});
    ASSERT_TRUE(made);
    EXPECT_NE(store_->find(made->text), nullptr);
    executor_.advance(std::chrono::seconds(9));
    EXPECT_NE(store_->find(made->text), nullptr);
    executor_.advance(std::chrono::seconds(1));
    EXPECT_EQ(store_->find(made->text), nullptr);
    EXPECT_EQ(store_->list().size(), 1u) << "it is still listed";
    for (const int64_t wrong : {int64_t{0}, int64_t{-1}, INT64_MAX})
      EXPECT_EQ(refusal({"wrong", kReadsD, std::chrono::seconds(wrong)}), ErrorCode::kInvalidInput) << wrong;
  });
}

TEST_F(TokenStoreTest, TheFirstAdminIsMadeOnceAndStays) {
  run([this] {
    const auto first = store_->create_first_admin();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->token.name, "_admin");
    EXPECT_EQ(store_->create_first_admin().error().code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(store_->remove("_admin").error().code(), ErrorCode::kFailedPrecondition);
    const auto second = store_->regenerate_first_admin();
    ASSERT_TRUE(second);
    EXPECT_EQ(store_->find(first->text), nullptr);
    EXPECT_TRUE(store_->find(second->text)->admin);
    open();
    EXPECT_EQ(store_->create_first_admin().error().code(), ErrorCode::kAlreadyExists);
  });
}

TEST_F(TokenStoreTest, AnyAdminEvenAnExpiredOneClosesTheDoor) {
  run([this] {
    EXPECT_EQ(store_->regenerate_first_admin().error().code(), ErrorCode::kNotFound);
    ASSERT_TRUE(store_->create({"boss", kAdmin, std::chrono::seconds(1)}));
    executor_.advance(std::chrono::seconds(2));
    EXPECT_EQ(store_->create_first_admin().error().code(), ErrorCode::kAlreadyExists);
  });
}

TEST_F(TokenStoreTest, WrongWishesAreRefused) {
  run([this] {
    create("reader");
    EXPECT_EQ(refusal({"reader", kReadsD}), ErrorCode::kAlreadyExists);
    EXPECT_EQ(refusal({"_admin", kAdmin}), ErrorCode::kInvalidInput);
    for (const std::string& name : {std::string(), std::string(257, 'x'), std::string("a\nb"), std::string("\xff")})
      EXPECT_EQ(refusal({name, kReadsD}), ErrorCode::kInvalidInput) << name;
    EXPECT_EQ(refusal({"x", {}}), ErrorCode::kInvalidInput);
    EXPECT_EQ(refusal({"x", {.permissions = {{.database = "d"}}}}), ErrorCode::kInvalidInput);
    EXPECT_EQ(refusal({"x", {.permissions = {{.database = "\xff", .read = true}}}}), ErrorCode::kInvalidInput);
    EXPECT_EQ(store_->list().size(), 1u);
  });
}

TEST_F(TokenStoreTest, TheirNumberIsBounded) {
  run([this] {
    TokenFile full{kTokensMax + 1, {}};
    for (uint64_t id = 1; id <= kTokensMax; ++id) {
      Token& token = full.tokens.emplace_back();
      token.id = id;
      token.name = std::to_string(id);
      token.hash = hash_of(token.name);
      token.grant = std::make_shared<const Grant>(kReadsD);
    }
    const auto bytes = encode_token_file(full);
    ASSERT_TRUE(disk_.overwrite(kPath, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    open();
    EXPECT_EQ(refusal({"one more", kReadsD}), ErrorCode::kLimitExceeded);
    ASSERT_TRUE(store_->remove("17"));
    create("one more");
  });
}

TEST_F(TokenStoreTest, AFileThatCannotBeUnderstoodIsLeftAlone) {
  run([this] {
    for (const std::string garbage : {"", "\xff garbage", "\x08\x02"}) {
      ASSERT_TRUE(disk_.overwrite(kPath, garbage));
      const auto opened = TokenStore::open(disk_, executor_.clock(), kFolder);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
      EXPECT_THAT(opened.error().message(), HasSubstr(kPath));
      EXPECT_EQ(disk_.read_live(kPath).value(), garbage);
    }
  });
}

TEST_F(TokenStoreTest, WhatWasNotStoredIsNotTrue) {
  run([this] {
    const std::string text = create("reader");
    for (const DiskOperation operation : {DiskOperation::kCreate, DiskOperation::kWrite, DiskOperation::kSync,
                                          DiskOperation::kRename, DiskOperation::kSyncDirectory}) {
      disk_.fail_next({.operation = operation});
      EXPECT_FALSE(store_->remove("reader")) << to_string(operation);
      disk_.fail_next({.operation = operation});
      EXPECT_FALSE(store_->create({"other", kReadsD})) << to_string(operation);
      EXPECT_NE(store_->find(text), nullptr) << to_string(operation);
      EXPECT_EQ(store_->list().size(), 1u) << to_string(operation);
    }
    const std::string other = create("other");
    open();
    EXPECT_NE(store_->find(text), nullptr);
    EXPECT_NE(store_->find(other), nullptr);
  });
}

// Whatever the moment of a power cut: what was answered is there, and the file can be read.
TEST_F(TokenStoreTest, APowerCutLosesNothingThatWasAnswered) {
  run([this] {
    const auto before = disk_.snapshot();
    for (uint64_t cut = 1; cut <= 40; ++cut) {
      disk_.restore(before);
      open();
      const std::string kept = create("kept");
      const std::string removed = create("removed");
      disk_.power_off_at_change(disk_.changes() + cut, {.seed = cut});
      const bool was_removed = store_->remove("removed").has_value();
      const auto added = store_->create({"added", kReadsD});
      disk_.power_cut();
      disk_.power_off_at_change(0);
      open();
      EXPECT_NE(store_->find(kept), nullptr) << cut;
      EXPECT_TRUE(!was_removed || store_->find(removed) == nullptr) << cut;
      EXPECT_TRUE(!added || store_->find(added->text) != nullptr) << cut;
    }
  });
}

}  // namespace
}  // namespace magnetite::access
