// Certificates that tests make for themselves.
#pragma once

#include <string>

#include "net/tls.h"

namespace magnetite::net {

struct TestCertificate {
  std::string certificate;  // PEM, signed by itself, for 127.0.0.1
  std::string key;
};
// `password` empty: the key is not encrypted.
TestCertificate make_certificate(const std::string& common_name, const std::string& password = {});

void write_file(const std::string& path, const std::string& bytes);
// As NAME.crt and NAME.key in the folder of tests.
TlsFiles write_certificate(const std::string& name, const TestCertificate& certificate);

}  // namespace magnetite::net
