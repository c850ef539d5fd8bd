// The format by example: texts and what becomes of them (as describe() tells it). Nanoseconds, default time 7.
#pragma once

#include <cstdint>
#include <string_view>

namespace magnetite::line_protocol {

inline constexpr int64_t kCaseTime = 7;

struct Case {
  std::string_view text;
  std::string_view outcome;
};

inline constexpr Case kCases[] = {
    // Blanks, line ends, comments.
    {"m x=1 5 ", "m|x=1|5\n"},
    {"  m  a=1i  5  ", "m|a=1i|5\n"},
    {"m x=1 ", "m|x=1|7\n"},
    {"m x=1", "m|x=1|7\n"},
    {"m x=1 5\r\n", "m|x=1|5\n"},
    {"m x=1\r\n\r\nn y=2i 6  \r\nz q=t 1\r", "m|x=1|7\nn|y=2i|6\nz|q=true|1\n"},
    {"m x=1\r5", "!1:6 unexpected text after a field value\n"},
    {"m x=1 5\r 6", "!1:8 unexpected text after the timestamp\n"},
    {"m\tx=1", "!1:2 a tab is no separator, use a space\n"},
    {"m x=1\t5", "!1:5 '1\t5' is not a number\n"},
    {"#c\nm x=1\n  # d\nn y=1", "m|x=1|7\nn|y=1|7\n"},
    {"#c x=\"\nm x=1i 5\n # \"\nn y=1i 6\n#", "m|x=1i|5\nn|y=1i|6\n"},
    {"", ""},
    {"\n\n \t\n\r\n", ""},
    {"# only\n#comments", ""},
    // Tokens.
    {"m\\,1,t\\=1=a\\ b f\\ 1=1i", "m\\,1,t\\=1=a\\ b|f 1=1i|7\n"},
    {"m,a=b=c x=1", "m,a=b=c|x=1|7\n"},
    {"m=\"1\" x=1", "m=\"1\"|x=1|7\n"},
    {"m a,b=1", "m|a,b=1|7\n"},
    {"m a\"b=1", "m|a\"b=1|7\n"},
    {"m a\\\\b\\c\\,\\=\\ d=1", "m|a\\b\\c,= d=1|7\n"},
    {"m\\\nn x=1\nm y=2", "m\\\nn|x=1|7\nm|y=2|7\n"},
    {"m x\\\ny=1\nm y=2", "m|x\\\ny=1|7\nm|y=2|7\n"},
    {",a=b x=1", "!1:1 the measurement is empty\n"},
    {"m", "!1:2 no fields: a space must follow measurement and tags\n"},
    {"m ", "!1:3 a field must be key=value\n"},
    {"m\\", "!1:3 no fields: a space must follow measurement and tags\n"},
    {"m =1 5", "!1:3 a field key is empty\n"},
    {"m x 5", "!1:4 a field must be key=value\n"},
    {"m x\t=5", "!1:4 a field must be key=value\n"},
    {"m x\\", "!1:5 a field must be key=value\n"},
    {"m f\\\\=1", "!1:3 a field key ends in a backslash\n"},
    {"\"m n\" x=1", "!1:6 a field must be key=value\n"},
    {"m time=1i", "!1:3 'time' is the timestamp's name, a field cannot have it\n"},
    {"m timer=1i,tim=2i", "m|timer=1i;tim=2i|7\n"},
    {"m x=1,x=2", "m|x=1;x=2|7\n"},
    {"m x=1,", "!1:7 a field must be key=value\n"},
    {"m x=1, 5", "!1:7 a field must be key=value\n"},
    // Numbers.
    {"m a=1,b=-1.5,c=1.5e-10,d=-1e5,e=1E5,f=1e+5,g=0,h=-0,i=1.7976931348623157e308",
     "m|a=1;b=-1.5;c=1.5e-10;d=-100000;e=100000;f=100000;g=0;h=-0;i=1.7976931348623157e+308|7\n"},
    {"m a=00.5,b=007,c=0.1,d=123456789012345678901234567890,e=9007199254740993,f=1e-400",
     "m|a=0.5;b=7;c=0.1;d=1.2345678901234568e+29;e=9007199254740992;f=0|7\n"},
    {"m a=9007199254740993,b=123456789012345678,c=-999999999999999999,d=1234567890123456789",
     "m|a=9007199254740992;b=1.2345678901234568e+17;c=-1e+18;d=1.2345678901234568e+18|7\n"},
    {"m a=9223372036854775807i,b=-9223372036854775808i,c=-0i,d=007i",
     "m|a=9223372036854775807i;b=-9223372036854775808i;c=0i;d=7i|7\n"},
    {"m a=0u,b=18446744073709551615u", "m|a=0u;b=18446744073709551615u|7\n"},
    {"m x=9223372036854775808i", "!1:5 integer value 9223372036854775808 is out of range for int64\n"},
    {"m x=-9223372036854775809i", "!1:5 integer value -9223372036854775809 is out of range for int64\n"},
    {"m x=18446744073709551616u", "!1:5 unsigned value 18446744073709551616 is out of range for uint64\n"},
    {"m x=1e999", "!1:5 float value 1e999 is out of range\n"},
    {"m x=-1u", "!1:5 '-1' is not a number\n"},
    {"m x=.5", "!1:5 '.5' is neither a number, a boolean nor a quoted string\n"},
    {"m x=5.", "!1:5 '5.' is not a number\n"},
    {"m x=1.e5", "!1:5 '1.e5' is not a number\n"},
    {"m x=1e", "!1:5 '1e' is not a number\n"},
    {"m x=+5", "!1:5 '+5' is neither a number, a boolean nor a quoted string\n"},
    {"m x=-", "!1:5 '-' is not a number\n"},
    {"m x=--1", "!1:5 '--1' is not a number\n"},
    {"m x=NaN", "!1:5 'NaN' is neither a number, a boolean nor a quoted string\n"},
    {"m x=inf", "!1:5 'inf' is neither a number, a boolean nor a quoted string\n"},
    {"m x=-inf", "!1:5 '-inf' is not a number\n"},
    {"m x=1.5i", "!1:5 '1.5' is not a number\n"},
    {"m x=i", "!1:5 'i' is neither a number, a boolean nor a quoted string\n"},
    {"m x=0x10", "!1:5 '0x10' is not a number\n"},
    {"m x=1_000", "!1:5 '1_000' is not a number\n"},
    {"m x= 5", "!1:5 a field has no value\n"},
    {"m x=,y=1", "!1:5 a field has no value\n"},
    // Booleans.
    {"m a=t,b=T,c=true,d=True,e=TRUE", "m|a=true;b=true;c=true;d=true;e=true|7\n"},
    {"m a=f,b=F,c=false,d=False,e=FALSE", "m|a=false;b=false;c=false;d=false;e=false|7\n"},
    {"m x=tr", "!1:5 'tr' is neither a number, a boolean nor a quoted string\n"},
    {"m x=truex", "!1:5 'truex' is neither a number, a boolean nor a quoted string\n"},
    {"m x=tRUE", "!1:5 'tRUE' is neither a number, a boolean nor a quoted string\n"},
    // Strings.
    {"m x=\"\",y=\"\\\\\",z=\"a\\b\",q=\"\\\"\"", "m|x=\"\";y=\"\\\";z=\"a\\b\";q=\"\"\"|7\n"},
    {"m x=\"a b,c=d #e\" 5", "m|x=\"a b,c=d #e\"|5\n"},
    {"m x=\"a\nb\" 5", "m|x=\"a\nb\"|5\n"},
    {"m x=\"a\n\nb\r\n\",y=1i 5\nbad\nn y=1i 6",
     "m|x=\"a\n\nb\r\n\";y=1i|5\nn|y=1i|6\n"
     "!5:4 no fields: a space must follow measurement and tags\n"},
    {"m x=\"abc 5\nn y=1", "n|y=1|7\n!1:5 a string is not closed\n"},
    {"m x=\"abc\\\" 5\nn y=1", "n|y=1|7\n!1:5 a string is not closed\n"},
    {"m x=\"a\"b 5", "!1:8 unexpected text after a field value\n"},
    {"m x=\"a\nn y=1i\n\"b 5\nn z=1i", "n|z=1i|7\n!1:16 unexpected text after a field value\n"},
    // Timestamps.
    {"m x=1 0", "m|x=1|0\n"},
    {"m x=1 -1", "m|x=1|-1\n"},
    {"m x=1 9223372036854775807\nm x=1 -9223372036854775808",
     "m|x=1|9223372036854775807\nm|x=1|-9223372036854775808\n"},
    {"m x=1 9223372036854775808", "!1:7 timestamp 9223372036854775808 is out of range for int64\n"},
    {"m x=1 5 6", "!1:9 unexpected text after the timestamp\n"},
    {"m x=1 5a", "!1:8 unexpected text after the timestamp\n"},
    {"m x=1  y=2", "!1:8 a timestamp must be a whole number\n"},
    {"m x=1 -", "!1:7 a timestamp must be a whole number\n"},
    {"m x=1 1.5", "!1:8 unexpected text after the timestamp\n"},
    // UTF-8.
    {"w\u00e4rme,ort=k\u00f6ln \u00b0C=\"\u00fc\" 1", "w\u00e4rme,ort=k\u00f6ln|\u00b0C=\"\u00fc\"|1\n"},
    {"m x=\"\xc3\x28\" 1\nm x=1i 2", "m|x=1i|2\n!1:6 invalid UTF-8\n"},
    {"m,t=\xc0\x80 x=1", "!1:5 invalid UTF-8\n"},
    {"m x=\"\xed\xa0\x80\"", "!1:6 invalid UTF-8\n"},
    {"m x=\"\xff\nevil y=1i\n\"\nm x=1i 2", "m|x=1i|2\n!1:6 invalid UTF-8\n"},
    {"m x=\xff", "!1:5 '?' is neither a number, a boolean nor a quoted string\n"},
    {"#\xff\nm x=1i", "m|x=1i|7\n"},
};

}  // namespace magnetite::line_protocol
