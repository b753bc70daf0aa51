// Runs leat for a long time in one process, through the library, and says whether something grows or stays
// behind: memory, descriptors, threads, sessions, tables.
//   leat_soak --source URI --target URI [--minutes N | --rounds N] [--seed N]
// Both databases are as source.sql and target.sql make them. Temporary files go into $TMPDIR, which should be
// empty and nobody else's.
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rounds.hpp"
#include "sample.hpp"
#include "verdict.hpp"

namespace leat::soak {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string source;
  std::string target;
  double minutes = 0;
  std::uint64_t rounds = 0;  ///< zero: as many as there is time for
  std::uint64_t seed = std::random_device{}();
};

/// The longest that one round may take.
constexpr unsigned round_limit_seconds = 180;
/// Fewer samples say nothing of memory.
constexpr std::size_t least_samples = 200;
/// After so many broken promises there is nothing more to learn.
constexpr std::uint64_t most_complaints = 20;

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--source") {
      arguments.source = value;
    } else if (name == "--target") {
      arguments.target = value;
    } else if (name == "--minutes") {
      arguments.minutes = std::strtod(value, nullptr);
    } else if (name == "--rounds") {
      arguments.rounds = std::strtoull(value, nullptr, 10);
    } else if (name == "--seed") {
      arguments.seed = std::strtoull(value, nullptr, 10);
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && !arguments.source.empty() && !arguments.target.empty() &&
         (arguments.minutes > 0 || arguments.rounds > 0);
}

/// A round that hangs ends the program where it stands, so that a core or a debugger shows where.
void abort_on_alarm() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    constexpr std::string_view text = "soak: this round takes too long\n";
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
    std::abort();
  };
  ::sigaction(SIGALRM, &action, nullptr);
}

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1U << 20U);
}

class Soak {
 public:
  explicit Soak(const Arguments& arguments)
      : arguments_(arguments),
        servers_(arguments.source, arguments.target),
        directory_(std::filesystem::temp_directory_path()),
        rounds_(servers_, arguments.seed, directory_) {
    samples_.reserve(1U << 14U);
    start_ = take_sample(servers_, directory_, count_threads());
  }

  /// Whether all promises were kept.
  bool run() {
    const auto begin = Clock::now();
    const auto seconds = [&begin] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    std::printf("%6s %7s %7s %11s %8s %8s %10s %10s %9s %11s %7s\n", "minute", "rounds", "copies", "rows",
                "failed", "injected", "in use MiB", "resident", "peak", "descriptors", "threads");
    while (complaints_ < most_complaints) {
      run_round();
      samples_.back().seconds = seconds();
      const bool is_over =
          arguments_.rounds > 0 ? total_.rounds >= arguments_.rounds : seconds() >= arguments_.minutes * 60;
      if (is_over || seconds() >= 60.0 * static_cast<double>(minutes_ + 1)) print_minute();
      if (is_over) break;
    }
    print_kinds();
    print_summary(seconds());
    return complaints_ == 0;
  }

 private:
  void run_round() {
    const std::string kind(rounds_.next());
    ::alarm(round_limit_seconds);
    Tally tally{.rounds = 1};
    const auto begin = Clock::now();
    try {
      tally = rounds_.run();
    } catch (const Error& error) {
      complain(kind, std::string(error.what()) + " (" + std::string(error.sqlstate()) + ") " +
                         std::string(error.detail()));
    } catch (const std::exception& error) {
      complain(kind, error.what());
    }
    total_ += tally;
    auto& of_kind = kinds_[kind];
    of_kind.tally += tally;
    of_kind.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
    samples_.push_back(take_sample(servers_, directory_, start_.threads));
    if (const std::string what = complaint(samples_.back(), start_); !what.empty()) complain(kind, what);
    ::alarm(0);
  }

  void complain(const std::string& kind, const std::string& what) {
    ++complaints_;
    std::printf("BROKEN in round %llu (%s): %s\n", static_cast<unsigned long long>(total_.rounds + 1),
                kind.c_str(), what.c_str());
    std::fflush(stdout);
  }

  void print_minute() {
    const auto all = std::span<const Sample>(samples_);
    const auto minute = all.subspan(of_minute_);
    of_minute_ = samples_.size();
    ++minutes_;
    const Sample& last = samples_.back();
    std::printf("%6.1f %7llu %7llu %11llu %8llu %8llu %10.2f %10.1f %9.1f %11lld %7lld\n", last.seconds / 60,
                static_cast<unsigned long long>(total_.rounds),
                static_cast<unsigned long long>(total_.copies), static_cast<unsigned long long>(total_.rows),
                static_cast<unsigned long long>(total_.failures),
                static_cast<unsigned long long>(total_.injected), mebibytes(median(minute, &Sample::in_use)),
                mebibytes(median(minute, &Sample::resident)), mebibytes(last.peak),
                static_cast<long long>(last.descriptors), static_cast<long long>(last.threads));
    std::fflush(stdout);
  }

  void print_kinds() const {
    std::printf("\n%-36s %7s %7s %8s %8s %8s %9s\n", "kind of round", "rounds", "copies", "failed",
                "injected", "resumed", "seconds");
    for (const auto& [name, kind] : kinds_) {
      std::printf("%-36s %7llu %7llu %8llu %8llu %8llu %9.2f\n", name.c_str(),
                  static_cast<unsigned long long>(kind.tally.rounds),
                  static_cast<unsigned long long>(kind.tally.copies),
                  static_cast<unsigned long long>(kind.tally.failures),
                  static_cast<unsigned long long>(kind.tally.injected),
                  static_cast<unsigned long long>(kind.tally.resumed),
                  kind.seconds / static_cast<double>(kind.tally.rounds));
    }
  }

  void print_summary(double seconds) {
    std::printf(
        "\nseed %llu, %.1f minutes: %llu rounds, %llu copies, %llu rows; %llu faults injected, %llu loads "
        "that failed as they should, %llu that went on\n",
        static_cast<unsigned long long>(arguments_.seed), seconds / 60,
        static_cast<unsigned long long>(total_.rounds), static_cast<unsigned long long>(total_.copies),
        static_cast<unsigned long long>(total_.rows), static_cast<unsigned long long>(total_.injected),
        static_cast<unsigned long long>(total_.failures), static_cast<unsigned long long>(total_.resumed));
    print_trend("memory in use", &Sample::in_use);
    print_trend("memory resident", &Sample::resident);
    // Of what the allocator keeps for later, some can be had back; none of it is a leak.
    ::malloc_trim(0);
    std::printf("memory resident after malloc_trim(): %.2f MiB\n",
                mebibytes(take_sample(servers_, directory_, start_.threads).resident));
    std::printf("descriptors %lld, threads %lld at the start and after each round; nothing left: %s\n",
                static_cast<long long>(start_.descriptors), static_cast<long long>(start_.threads),
                complaints_ == 0 ? "yes" : "see above");
    std::printf("%s\n", complaints_ == 0 ? "OK" : "BROKEN");
  }

  void print_trend(const char* name, std::uint64_t Sample::*measure) {
    if (samples_.size() < least_samples) {
      std::printf("%s: %.2f MiB at the start, %.2f at the end; too few rounds to judge\n", name,
                  mebibytes(start_.*measure), mebibytes(samples_.back().*measure));
      return;
    }
    const Trend found = trend(samples_, measure);
    if (!found.is_flat()) ++complaints_;
    std::printf("%s: %.2f MiB at the start, median of the second fifth %.2f, of the last %.2f: %s\n", name,
                mebibytes(start_.*measure), mebibytes(found.before), mebibytes(found.after),
                found.is_flat() ? "flat" : "IT GROWS");
  }

  struct OfKind {
    Tally tally{};
    double seconds = 0;
  };

  const Arguments& arguments_;
  Servers servers_;
  const std::filesystem::path directory_;
  Rounds rounds_;
  Sample start_{};
  std::vector<Sample> samples_;
  std::size_t of_minute_ = 0;  // the first sample of this minute
  std::size_t minutes_ = 0;
  Tally total_{};
  std::map<std::string, OfKind> kinds_;
  std::uint64_t complaints_ = 0;
};

}  // namespace
}  // namespace leat::soak

int main(int argc, char** argv) {
  leat::soak::Arguments arguments;
  if (!leat::soak::parse(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: leat_soak --source URI --target URI [--minutes N | --rounds N] [--seed N]\n");
    return 2;
  }
  try {
    leat::soak::abort_on_alarm();
    std::printf("seed %llu\n", static_cast<unsigned long long>(arguments.seed));
    return leat::soak::Soak(arguments).run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "soak: %s\n", error.what());
    return 1;
  }
}
