#include "documents/yaml_events.hpp"

#ifdef LEAT_HAS_YAML
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <new>
#include <sstream>

#include "documents/json_escapes.hpp"
#include "documents/shown.hpp"
#include "documents/yaml_words.hpp"
#endif

namespace leat {

bool reads_documents() noexcept {
#ifdef LEAT_HAS_YAML
  return true;
#else
  return false;
#endif
}

namespace documents_detail {
#ifdef LEAT_HAS_YAML
namespace {

/// Ends the parser's work: what is wrong is known already.
struct GiveUp {};

class EventRecorder : public YAML::EventHandler {
 public:
  EventRecorder(const std::shared_ptr<const SourceText>& source, const ParserText& parsed,
                Diagnostics& diagnostics, DocumentLimits limits)
      : source_(source), parsed_(parsed), diagnostics_(diagnostics), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!began_) {
      began_ = true;
      return;
    }
    const std::size_t at = offset_of(mark);
    const bool is_marked = source_->text().substr(at).starts_with("---");
    give_up(at, "several-documents",
            is_marked ? "a second document begins here, and a file has one"
                      : "this stands behind the end of the document",
            is_marked ? "make a file of each" : "look at how far this line and those above it are indented");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // The parser does not say how it was written.
    const std::size_t at = offset_of(mark);
    const std::string_view rest = source_->text().substr(content_offset(source_->text(), at));
    std::string text;
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (rest.starts_with(word)) text = word;
    }
    add({.kind = YamlEvent::Kind::scalar, .offset = at, .text = text, .anchor = anchor});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add({.kind = YamlEvent::Kind::alias, .offset = offset_of(mark), .anchor = anchor});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlEvent event{.kind = YamlEvent::Kind::scalar, .offset = offset_of(mark), .text = value};
    event.anchor = anchor;
    event.quoted = tag == "!";
    event.tag = written_tag(tag, event.offset);
    // What is tagged is no plain scalar to the parser.
    if (!event.tag.empty()) event.quoted = false;
    add(std::move(event));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(YamlEvent::Kind::sequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(YamlEvent::Kind::mapping, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] std::vector<YamlEvent>& events() { return events_; }

  /// Where the last thing stands that was open when the parser gave up.
  [[nodiscard]] std::optional<std::size_t> last_open() const {
    if (open_.empty()) return std::nullopt;
    return content_offset(source_->text(), events_[open_.back()].offset);
  }

  /// Where quotes open behind what was read last.
  [[nodiscard]] std::size_t last_quote() const {
    const std::string_view text = source_->text();
    std::size_t at = 0;
    if (!events_.empty()) {
      const YamlEvent& last = events_.back();
      at = content_offset(text, last.offset);
      if (last.kind == YamlEvent::Kind::scalar) at += scalar_length(text, at, last.text, last.quoted);
    }
    for (; at < text.size(); ++at) {
      if (text[at] == '"' || text[at] == '\'') return at;
      if (text[at] == '#' && (at == 0 || text[at - 1] == ' '))
        at = std::min(text.find('\n', at), text.size());
    }
    return text.size();
  }

  [[nodiscard]] std::size_t offset_of(const YAML::Mark& mark) const {
    const std::size_t at = parsed_.original(mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos));
    return std::min(at, source_->text().size());
  }

  [[noreturn]] void give_up(std::size_t at, const char* code, std::string message, std::string hint = {}) {
    diagnostics_.add({.place = place_at(source_, at, 1),
                      .code = code,
                      .message = std::move(message),
                      .hint = std::move(hint)});
    throw GiveUp{};
  }

 private:
  [[nodiscard]] std::string written_tag(const std::string& tag, std::size_t at) const {
    if (tag != "!" && tag != "?" && !tag.empty()) return tag;
    // In quotes is "!", too: whether a tag is there says the document.
    std::string_view rest = source_->text().substr(at);
    if (rest.starts_with('&')) rest = rest.substr(std::min(rest.find_first_of(" \t\r\n"), rest.size()));
    rest = rest.substr(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    return rest.starts_with('!') ? "!" : "";
  }

  void add(YamlEvent event) {
    // No document of so many steps has few enough nodes.
    if (events_.size() > 2 * limits_.nodes) {
      give_up(event.offset, "too-many-nodes",
              "the document has more than " + std::to_string(limits_.nodes) + " values");
    }
    events_.push_back(std::move(event));
  }

  void open(YamlEvent::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    YamlEvent event{.kind = kind, .offset = offset_of(mark)};
    event.anchor = anchor;
    event.flow = style == YAML::EmitterStyle::Flow;
    event.tag = written_tag(tag, event.offset);
    if (open_.size() >= limits_.depth) {
      give_up(event.offset, "too-deep",
              "lists and mappings are more than " + std::to_string(limits_.depth) + " deep in one another");
    }
    open_.push_back(events_.size());
    add(std::move(event));
  }

  void close() {
    if (!open_.empty()) open_.pop_back();
    add({.kind = YamlEvent::Kind::end, .offset = events_.empty() ? 0 : events_.back().offset});
  }

  const std::shared_ptr<const SourceText>& source_;
  const ParserText& parsed_;
  Diagnostics& diagnostics_;
  DocumentLimits limits_;
  std::vector<YamlEvent> events_;
  std::vector<std::size_t> open_;  // what is open: its place in events_
  bool began_ = false;
};

/// Says what the parser has found, at the place where one would look for it.
void tell(const YAML::Exception& failure, const std::shared_ptr<const SourceText>& source,
          const EventRecorder& recorder, Diagnostics& diagnostics) {
  YamlWords words = yaml_words(failure.msg);
  std::size_t at = recorder.offset_of(failure.mark);
  if (words.message.starts_with("text in quotes")) {
    at = recorder.last_quote();
  } else if (words.message.ends_with("is not closed") && recorder.last_open()) {
    const std::size_t opened = *recorder.last_open();
    const std::string_view rest = source->text().substr(at);
    if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      at = opened;
      words.hint.clear();
    } else {
      words.message += ", and it begins in line " + std::to_string(source->line_of(opened));
    }
  }
  const std::string_view line = source->line(source->line_of(at));
  const std::string_view indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  if (indent.find('\t') != std::string_view::npos && words.message.find("quotes") == std::string::npos) {
    words = {.message = "a tab indents this line", .hint = "indent by spaces"};
  }
  diagnostics.add({.place = place_at(source, at, 1),
                   .code = "syntax",
                   .message = std::move(words.message),
                   .hint = std::move(words.hint)});
}

}  // namespace

std::optional<std::vector<YamlEvent>> yaml_events(const std::shared_ptr<const SourceText>& source,
                                                  Diagnostics& diagnostics, DocumentLimits limits) {
  const ParserText parsed = parser_text(source->text());
  EventRecorder recorder(source, parsed, diagnostics, limits);
  try {
    // A document that ends within a value without content is not known to every version of the parser; one
    // with a mark at its end is.
    std::istringstream stream(parsed.text + (parsed.text.ends_with('\n') ? "...\n" : "\n...\n"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(recorder)) {
    }
  } catch (const GiveUp&) {
    return std::nullopt;
  } catch (const YAML::Exception& failure) {
    tell(failure, source, recorder, diagnostics);
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& failure) {
    diagnostics.add({.place = {.source = source},
                     .code = "syntax",
                     .message = std::string("this is no YAML: ") + failure.what()});
    return std::nullopt;
  }
  return std::move(recorder.events());
}

#else

std::optional<std::vector<YamlEvent>> yaml_events(const std::shared_ptr<const SourceText>& source,
                                                  Diagnostics& diagnostics, DocumentLimits) {
  diagnostics.add({.place = {.source = source},
                   .code = "no-documents",
                   .message = "this leat reads no documents: it was built without yaml-cpp",
                   .hint = "build it with libyaml-cpp-dev (yaml-cpp 0.7 or later); LEAT_DOCUMENTS=ON demands "
                           "that it is there"});
  return std::nullopt;
}

#endif
}  // namespace documents_detail
}  // namespace leat
