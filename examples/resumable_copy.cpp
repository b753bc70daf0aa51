// Copies a table under a job's name. Stopped by Ctrl-C, killed or cut off, the same command goes on with the
// slices that are not done.
//
//   slices of the table ──> readers ──> writers ──> a transaction each: the rows, and a row of the ledger
//
// Usage: resumable_copy SOURCE TARGET TABLE JOB, e.g.
//   resumable_copy postgresql:///shop postgresql:///warehouse public.events events-2026-06
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

#include "leat/jobs/copy_table.hpp"

namespace {

int copy(char** argv, const std::stop_token& stop) {
  try {
    const leat::CopyTable job(leat::CopyTableOptions{
        .source = argv[1],
        .target = argv[2],
        .table = {.from = argv[3]},
        .mode = leat::WriteMode::append,
        .stream = {.on_progress =
                       [](const leat::Progress& progress) {
                         if (!progress.slices) return;
                         std::printf("%zu of %zu slices\n", progress.slices->done, progress.slices->total);
                       }},
        // Rows of this table never change, so those of several snapshots may stand side by side.
        .delivery = {.job = argv[4], .on_lost_snapshot = leat::OnLostSnapshot::carry_on},
    });
    const leat::JobReport report = job.run(stop);
    std::printf("done: %zu slices now, %zu before%s\n", report.slices_done, report.slices_skipped,
                report.consistent ? "" : ", not all in one snapshot");
    return 0;
  } catch (const leat::Error& error) {
    std::cerr << error << "\nwhat is done is kept: the same command goes on with it\n";
    return error.kind() == leat::ErrorKind::cancelled ? 130 : 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: resumable_copy SOURCE TARGET TABLE JOB\n");
    return 2;
  }
  // Signals wait for this thread, which makes a stop request of them; the last one says that all is over.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int code = 1;
  std::jthread worker([&](const std::stop_token& stop) {
    code = copy(argv, stop);
    ::kill(::getpid(), SIGUSR1);
  });
  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal != SIGUSR1;) worker.request_stop();
  worker.join();
  return code;
}
