#include "postgres/session/connections_file.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>

#include "leat/core/error.hpp"

namespace leat::postgres_detail {
namespace {

using nlohmann::json;

/// Counts the lines that were read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t& lines) : at_(at), lines_(&lines) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*lines_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* lines_;
};

bool is_connection_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

std::string both_lines(std::size_t first, std::size_t second) {
  return first == second
             ? "twice in line " + std::to_string(first)
             : "twice, in line " + std::to_string(first) + " and in line " + std::to_string(second);
}

/// Takes the file's JSON as it is read, of which a document in memory would keep the last of two equal keys.
class ConnectionsReader : public nlohmann::json_sax<json> {
 public:
  ConnectionsReader(std::string_view text, const std::string& name) : text_(text), lines_(1) {
    file_.name = name;
  }

  ConnectionsFile read() {
    json::sax_parse(CountingIterator(text_.data(), lines_),
                    CountingIterator(text_.data() + text_.size(), lines_), this, json::input_format_t::json,
                    true, true);
    return std::move(file_);
  }

  bool start_object(std::size_t) override {
    if (depth_ == 2) refuse_value();
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { refuse_value(); }
  bool end_array() override { return true; }
  bool null() override { refuse_value(); }
  bool boolean(bool) override { refuse_value(); }
  bool number_float(double, const std::string&) override { refuse_value(); }
  bool binary(json::binary_t&) override { refuse_value(); }
  bool number_integer(json::number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(json::number_unsigned_t value) override { return number(std::to_string(value)); }

  bool string(std::string& value) override {
    if (depth_ == 0) refuse_value();
    if (depth_ == 1) {
      entry_->is_text = true;
      entry_->values.push_back({.key = "uri", .text = std::move(value), .line = entry_->line});
    } else {
      entry_->values.back().text = std::move(value);
    }
    return true;
  }

  bool key(std::string& key) override {
    if (depth_ == 1) {
      if (!is_connection_id(key)) {
        throw Error(ErrorKind::config,
                    file_.name + ", line " + std::to_string(lines_) +
                        ": a connection id may have letters, digits, '_', '-' and '.' only");
      }
      const auto [entry, is_new] = file_.entries.try_emplace(key, ConnectionsFile::Entry{.line = lines_});
      if (!is_new) {
        throw Error(ErrorKind::config,
                    file_.name + ": the connection id \"" + key + "\" is there " +
                        both_lines(entry->second.line, lines_),
                    {.hint = "take one out, or give it another name"});
      }
      entry_ = &entry->second;
      id_ = key;
      return true;
    }
    for (const auto& value : entry_->values) {
      if (value.key != key) continue;
      throw Error(ErrorKind::config,
                  file_.place_of(id_) + ": \"" + key + "\" is there " + both_lines(value.line, lines_));
    }
    entry_->values.push_back({.key = key, .line = lines_});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    const auto read = text_.substr(0, std::min(position > 0 ? position - 1 : 0, text_.size()));
    const auto line = 1 + static_cast<std::size_t>(std::count(read.begin(), read.end(), '\n'));
    const auto column = read.size() - (read.rfind('\n') + 1) + 1;
    throw Error(ErrorKind::config, file_.name + " is not valid JSON: line " + std::to_string(line) +
                                       ", column " + std::to_string(column));
  }

 private:
  bool number(std::string text) {
    if (depth_ != 2) refuse_value();
    entry_->values.back().text = std::move(text);
    return true;
  }

  [[noreturn]] void refuse_value() const {
    if (depth_ == 0) throw Error(ErrorKind::config, file_.name + " must be an object of connection ids");
    if (depth_ == 1) throw Error(ErrorKind::config, file_.place_of(id_) + " must be an object or a URI");
    throw Error(ErrorKind::config,
                file_.place_of(id_) + ": " + entry_->values.back().key + " must be text or a whole number");
  }

  std::string_view text_;
  std::size_t lines_;
  ConnectionsFile file_;
  std::size_t depth_ = 0;
  std::string id_;
  ConnectionsFile::Entry* entry_ = nullptr;
};

}  // namespace

std::string ConnectionsFile::place_of(std::string_view id) const {
  const auto found = entries.find(id);
  const std::string line =
      found == entries.end() ? std::string() : ", line " + std::to_string(found->second.line);
  return name + line + ": connection \"" + std::string(id) + "\"";
}

ConnectionsFile parse_connections(std::string_view text, const std::string& name) {
  return ConnectionsReader(text, name).read();
}

}  // namespace leat::postgres_detail
