#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ssl/context.hpp>

#include "base/logging.h"
#include "net/testing/certificate.h"

namespace magnetite::net {
namespace {

using testing::HasSubstr;

class SetClock final : public Clock {
 public:
  WallTime wall_now() const override { return {}; }
  MonoTime mono_now() const override { return now; }
  MonoTime now{1};
};

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }

  std::unique_ptr<Tls> load(const TlsFiles& files) {
    auto loaded = Tls::load(*disk, clock, files);
    EXPECT_TRUE(loaded) << loaded.error().message();
    return loaded ? *std::move(loaded) : nullptr;
  }
  std::string refusal(const TlsFiles& files) {
    const auto loaded = Tls::load(*disk, clock, files);
    return loaded ? "" : loaded.error().message();
  }
  static std::string name_in(const std::shared_ptr<boost::asio::ssl::context>& context) {
    std::array<char, 256> name{};
    X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    return name.data();
  }

  const std::unique_ptr<Disk> disk = make_posix_disk();
  SetClock clock;
};

TEST_F(TlsTest, FilesThatCannotBeUsedAreNamed) {
  const TlsFiles good = write_certificate("good", make_certificate("good"));
  const TlsFiles other = write_certificate("other", make_certificate("other"));
  const TlsFiles locked = write_certificate("locked", make_certificate("locked", "secret"));
  const std::string missing = testing::TempDir() + "missing.crt";
  EXPECT_EQ(refusal(good), "");
  EXPECT_THAT(refusal({missing, good.key}), HasSubstr("--tls-cert"));
  EXPECT_THAT(refusal({missing, good.key}), HasSubstr(missing));
  EXPECT_THAT(refusal({good.certificate, missing}), HasSubstr("--tls-key"));
  EXPECT_THAT(refusal({good.key, good.key}), HasSubstr("--tls-cert " + good.key));
  EXPECT_THAT(refusal({good.certificate, good.certificate}), HasSubstr("--tls-key " + good.certificate));
  EXPECT_THAT(refusal({good.certificate, other.key}), HasSubstr("not the key of the certificate"));
  EXPECT_THAT(refusal(locked), HasSubstr("password"));
}

TEST_F(TlsTest, ChangedFilesAreUsedWithinASecond) {
  const TlsFiles files = write_certificate("changing", make_certificate("first"));
  const auto tls = load(files);
  EXPECT_EQ(name_in(tls->context()), "first");
  write_certificate("changing", make_certificate("second"));
  EXPECT_EQ(name_in(tls->context()), "first") << "files are looked at once a second at most";
  clock.now = clock.now + std::chrono::seconds(1);
  EXPECT_EQ(name_in(tls->context()), "second");
}

TEST_F(TlsTest, UnchangedFilesCostNoNewContext) {
  const auto tls = load(write_certificate("same", make_certificate("same")));
  const auto before = tls->context();
  clock.now = clock.now + std::chrono::seconds(5);
  EXPECT_EQ(tls->context(), before);
}

TEST_F(TlsTest, OldCertificateGoesOnUntilNewOnesAreWhole) {
  const TlsFiles files = write_certificate("broken", make_certificate("first"));
  const auto tls = load(files);
  const TestCertificate second = make_certificate("second");
  const auto name_later = [&] {
    clock.now = clock.now + std::chrono::seconds(2);
    return name_in(tls->context());
  };
  write_file(files.certificate, second.certificate);  // the key does not belong to it yet
  EXPECT_EQ(name_later(), "first");
  write_file(files.certificate, "");
  EXPECT_EQ(name_later(), "first");
  EXPECT_EQ(std::remove(files.certificate.c_str()), 0);
  EXPECT_EQ(name_later(), "first");
  write_file(files.key, second.key);
  write_file(files.certificate, second.certificate);
  EXPECT_EQ(name_later(), "second");
}

}  // namespace
}  // namespace magnetite::net
