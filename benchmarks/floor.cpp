// The native floor: parse each delivery line, take its sha256, write evidence rows; nothing else.
//
// floor DELIVERY_DATE ITEMS EXPLANATION_BYTES OUTPUT FILE...
//
// No validation, features, rules, results, ledger or sorting: what no scoring can do without. A
// row has what the delivery says; columns that need a rubric hold constant text, and the
// explanation as many bytes as asked for, so that as many bytes are written as by the product. A
// session has a row for each of the ITEMS of the test, delivered or not.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if __has_include(<simdjson.h>) && !defined(FLOOR_ALONE)
#include <simdjson.h>
#define FLOOR_SIMDJSON 1
#endif
#if __has_include(<openssl/sha.h>) && !defined(FLOOR_ALONE)
#include <openssl/sha.h>
#define FLOOR_OPENSSL 1
#endif

namespace {

constexpr std::size_t kPadding = 64;
constexpr std::size_t kFlushBytes = 1 << 20;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "floor: %s\n", what);
  std::exit(1);
}

struct Response {
  std::string item_id;
  std::string value;  // as the evidence shows it
  std::string duration;
};

struct Session {
  std::string assessment_id, session_id, candidate_id;
  std::string attempt = "1";
  std::vector<Response> responses;
  std::size_t count = 0;

  // Strings keep their memory from session to session.
  void clear() {
    attempt = "1";
    count = 0;
  }
  Response& next() {
    if (count == responses.size()) responses.emplace_back();
    Response& response = responses[count++];
    response.value.clear();
    response.duration.clear();
    return response;
  }
};

#ifdef FLOOR_SIMDJSON

class Parser {
 public:
  void parse(const char* line, std::size_t length, std::size_t capacity, Session& session) {
    namespace ondemand = simdjson::ondemand;
    ondemand::document document = parser_.iterate(line, length, capacity);
    for (ondemand::field field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "assessment_id") {
        session.assessment_id = std::string_view(field.value().get_string());
      } else if (key == "session_id") {
        session.session_id = std::string_view(field.value().get_string());
      } else if (key == "candidate_id") {
        session.candidate_id = std::string_view(field.value().get_string());
      } else if (key == "attempt") {
        session.attempt = std::string_view(field.value().raw_json_token());
      } else if (key == "responses") {
        for (ondemand::object object : field.value().get_array()) read(object, session.next());
      }
    }
  }

 private:
  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.back() <= ' ') text.remove_suffix(1);
    return text;
  }

  static void read(simdjson::ondemand::object& object, Response& response) {
    namespace ondemand = simdjson::ondemand;
    for (ondemand::field field : object) {
      const std::string_view key = field.unescaped_key();
      if (key == "item_id") {
        response.item_id = std::string_view(field.value().get_string());
      } else if (key == "duration_ms") {
        response.duration = trimmed(field.value().raw_json_token());
      } else if (key == "value") {
        ondemand::value value = field.value();
        switch (value.type()) {
          case ondemand::json_type::string:
            response.value = std::string_view(value.get_string());
            break;
          case ondemand::json_type::array: {
            ondemand::array list = value.get_array();
            response.value = std::string_view(list.raw_json());
            break;
          }
          case ondemand::json_type::null:
            break;
          default:
            response.value = trimmed(value.raw_json_token());
        }
      }
    }
  }

  simdjson::ondemand::parser parser_;
};

#else

// A small parser of its own: right for well formed JSON, which the deliveries are.
class Parser {
 public:
  void parse(const char* line, std::size_t length, std::size_t, Session& session) {
    place_ = line;
    end_ = line + length;
    members([&](std::string_view key) {
      if (key == "assessment_id") {
        string(session.assessment_id);
      } else if (key == "session_id") {
        string(session.session_id);
      } else if (key == "candidate_id") {
        string(session.candidate_id);
      } else if (key == "attempt") {
        session.attempt = skip();
      } else if (key == "responses") {
        elements([&] { response(session.next()); });
      } else {
        skip();
      }
    });
  }

 private:
  char look() {
    while (place_ < end_ && static_cast<unsigned char>(*place_) <= ' ') ++place_;
    if (place_ == end_) fail("a line breaks off");
    return *place_;
  }

  void take(char expected) {
    if (look() != expected) fail("a line is no JSON");
    ++place_;
  }

  template <typename Each>
  void members(Each each) {
    take('{');
    if (look() == '}') return take('}');
    while (true) {
      string(key_);
      take(':');
      each(std::string_view(key_));
      if (look() == '}') return take('}');
      take(',');
    }
  }

  template <typename Each>
  void elements(Each each) {
    take('[');
    if (look() == ']') return take(']');
    while (true) {
      each();
      if (look() == ']') return take(']');
      take(',');
    }
  }

  void response(Response& response) {
    members([&](std::string_view key) {
      if (key == "item_id") {
        string(response.item_id);
      } else if (key == "duration_ms") {
        response.duration = skip();
      } else if (key == "value") {
        if (look() == '"') {
          string(response.value);
        } else if (const std::string_view raw = skip(); raw != "null") {
          response.value = raw;
        }
      } else {
        skip();
      }
    });
  }

  std::string_view skip() {
    look();
    const char* begin = place_;
    if (*place_ == '"') {
      string(ignored_);
    } else if (*place_ == '{') {
      members([&](std::string_view) { skip(); });
    } else if (*place_ == '[') {
      elements([&] { skip(); });
    } else {
      while (place_ < end_ && !std::strchr(",]} \t\r\n", *place_)) ++place_;
    }
    return {begin, static_cast<std::size_t>(place_ - begin)};
  }

  void string(std::string& text) {
    take('"');
    text.clear();
    while (true) {
      const char* begin = place_;
      while (place_ < end_ && *place_ != '"' && *place_ != '\\') ++place_;
      if (place_ == end_) fail("a text breaks off");
      text.append(begin, place_);
      if (*place_++ == '"') return;
      const char escape = *place_++;
      const char* known = std::strchr("b\bf\fn\nr\rt\t", escape);
      if (escape == 'u') {
        code_point(text);
      } else {
        text.push_back(known ? known[1] : escape);
      }
    }
  }

  std::uint32_t hex() {
    std::uint32_t number = std::strtoul(std::string(place_, 4).c_str(), nullptr, 16);
    place_ += 4;
    return number;
  }

  void code_point(std::string& text) {
    std::uint32_t point = hex();
    if (point >= 0xd800 && point < 0xdc00) {
      place_ += 2;
      point = 0x10000 + ((point - 0xd800) << 10) + (hex() - 0xdc00);
    }
    const auto tail = [&](int shift) {
      text.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3f)));
    };
    if (point < 0x80) {
      text.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      text.push_back(static_cast<char>(0xc0 | (point >> 6)));
      tail(0);
    } else if (point < 0x10000) {
      text.push_back(static_cast<char>(0xe0 | (point >> 12)));
      tail(6), tail(0);
    } else {
      text.push_back(static_cast<char>(0xf0 | (point >> 18)));
      tail(12), tail(6), tail(0);
    }
  }

  const char* place_ = nullptr;
  const char* end_ = nullptr;
  std::string key_, ignored_;
};

#endif

using Digest = std::array<unsigned char, 32>;

#ifdef FLOOR_OPENSSL

Digest sha256(const char* text, std::size_t length) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text), length, digest.data());
  return digest;
}

#else

// FIPS 180-4, as written there.
constexpr std::uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t turned(std::uint32_t word, int by) { return (word >> by) | (word << (32 - by)); }

void add_block(std::uint32_t* state, const unsigned char* block) {
  std::uint32_t w[64];
  for (int i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  }
  for (int i = 16; i < 64; ++i) {
    w[i] = w[i - 16] + w[i - 7] +
           (turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >> 3)) +
           (turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >> 10));
  }
  std::uint32_t v[8];
  std::copy(state, state + 8, v);
  for (int i = 0; i < 64; ++i) {
    const std::uint32_t one = v[7] + (turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)) +
                              ((v[4] & v[5]) ^ (~v[4] & v[6])) + kRounds[i] + w[i];
    const std::uint32_t two = (turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)) +
                              ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    std::copy_backward(v, v + 7, v + 8);
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; ++i) state[i] += v[i];
}

Digest sha256(const char* text, std::size_t length) {
  std::uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text);
  std::size_t whole = length / 64 * 64;
  for (std::size_t at = 0; at < whole; at += 64) add_block(state, bytes + at);
  unsigned char last[128] = {};
  std::memcpy(last, bytes + whole, length - whole);
  last[length - whole] = 0x80;
  const std::size_t size = length - whole < 56 ? 64 : 128;
  for (int i = 0; i < 8; ++i) {
    last[size - 1 - i] = static_cast<unsigned char>(std::uint64_t{length} * 8 >> (8 * i));
  }
  for (std::size_t at = 0; at < size; at += 64) add_block(state, last + at);
  Digest digest;
  for (int i = 0; i < 32; ++i) {
    digest[i] = static_cast<unsigned char>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

#endif

void append_hex(std::string& text, const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const unsigned char byte : digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
}

void append_cell(std::string& row, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    row += text;
    return;
  }
  row.push_back('"');
  for (const char each : text) {
    if (each == '"') row.push_back('"');
    row.push_back(each);
  }
  row.push_back('"');
}

std::string read_file(const char* name) {
  std::FILE* file = std::fopen(name, "rb");
  if (file == nullptr) fail("a delivery file cannot be read");
  std::fseek(file, 0, SEEK_END);
  std::string content;
  const auto size = static_cast<std::size_t>(std::ftell(file));
  content.reserve(size + kPadding);
  content.resize(size);
  std::rewind(file);
  if (std::fread(content.data(), 1, size, file) != size) fail("a delivery file cannot be read");
  std::fclose(file);
  return content;
}

class Evidence {
 public:
  Evidence(std::string date, std::size_t items, std::size_t explanation_bytes, const char* name)
      : date_(std::move(date)), items_(items), explanation_(explanation_bytes, '.') {
    file_ = std::fopen(name, "wb");
    if (file_ == nullptr) fail("the output cannot be written");
    rows_ =
        "delivery_date,assessment_id,session_id,attempt,candidate_id,item_id,item_status,"
        "response_state,response,rule,rubric_version,raw_score,raw_score_exact,max_score,weight,"
        "duration_ms,explanation,score_run_id\n";
  }

  void add(const Session& session, const Digest& digest) {
    prefix_ = date_;
    for (const auto* key : {&session.assessment_id, &session.session_id, &session.attempt,
                            &session.candidate_id}) {
      prefix_ += ',';
      append_cell(prefix_, *key);
    }
    suffix_ = "," + explanation_ + ",sha256:";
    append_hex(suffix_, digest);
    suffix_ += '\n';
    for (std::size_t item = 0; item < session.count; ++item) add(session.responses[item]);
    for (std::size_t item = session.count; item < items_; ++item) add(absent_);
    if (rows_.size() > kFlushBytes) flush();
  }

  void close() {
    flush();
    if (std::fclose(file_) != 0) fail("the output cannot be written");
  }

 private:
  void add(const Response& response) {
    rows_ += prefix_;
    rows_ += ',';
    append_cell(rows_, response.item_id);
    rows_ += ",scored,answered,";
    append_cell(rows_, response.value);
    rows_ += ",match_correct,1,1,1,1,1,";
    rows_ += response.duration;
    rows_ += suffix_;
  }

  void flush() {
    if (std::fwrite(rows_.data(), 1, rows_.size(), file_) != rows_.size()) {
      fail("the output cannot be written");
    }
    rows_.clear();
  }

  const std::string date_;
  const std::size_t items_;
  const std::string explanation_;
  const Response absent_{"q00", "", ""};
  std::FILE* file_;
  std::string rows_, prefix_, suffix_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) fail("DELIVERY_DATE ITEMS EXPLANATION_BYTES OUTPUT FILE...");
  Evidence evidence(arguments[1], std::strtoul(arguments[2], nullptr, 10),
                    std::strtoul(arguments[3], nullptr, 10), arguments[4]);
  Parser parser;
  Session session;
  for (int number = 5; number < count; ++number) {
    const std::string content = read_file(arguments[number]);
    for (std::size_t begin = 0; begin < content.size();) {
      std::size_t end = content.find('\n', begin);
      if (end == std::string::npos) end = content.size();
      const char* line = content.data() + begin;
      session.clear();
      parser.parse(line, end - begin, content.capacity() - begin, session);
      evidence.add(session, sha256(line, end - begin));
      begin = end + 1;
    }
  }
  evidence.close();
}
