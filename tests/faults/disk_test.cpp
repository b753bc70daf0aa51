// The target's disk is full: the job says so after it has tried again, and goes on when there is room.
#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "fault_bed.hpp"
#include "support/child_process.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A small disk of its own; mounting one needs root.
class SmallDisk {
 public:
  SmallDisk() {
    std::string name = (std::filesystem::temp_directory_path() / "leat-disk-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return;
    path_ = name;
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=3m,mode=755") == 0;
    if (!is_mounted_) reason_ = std::strerror(errno);
    give_to_child_user(path_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::string path() const { return path_.string(); }
  void grow() const { REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0); }

 private:
  std::filesystem::path path_;
  std::string reason_ = "no directory";
  bool is_mounted_ = false;
};

}  // namespace

TEST_CASE("faults: the target's disk is full, and then it is not", "[faults][disk]") {
  const FaultBed bed;
  const SmallDisk disk;
  if (!disk.is_mounted()) {
    WARN("left out: no small disk can be mounted here (" << disk.reason() << ")");
    return;
  }
  FaultBed::target().psql("dst", "CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
  bed.dst("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text) TABLESPACE small");
  auto options = bed.job("disk");
  options.mode = WriteMode::append;
  options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  options.delivery.retries = 1;
  std::atomic<std::size_t> retried = 0;
  options.stream.progress_interval = 50ms;
  options.stream.on_progress = [&](const Progress& progress) {
    if (progress.slices) retried = std::max<std::size_t>(retried, progress.slices->retried);
  };
  check_error(RunningJob(options).error(), ErrorKind::target, "53100");
  CHECK(retried > 0);
  const std::string stands = bed.dst("SELECT count(*) > 0 AND count(*) < 60000 FROM t");
  CHECK(stands == "t");
  bed.check_no_sessions();
  disk.grow();
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_skipped > 0);
  bed.check_delivered("disk");
  bed.dst("DROP TABLE t");
  FaultBed::target().psql("dst", "DROP TABLESPACE small");
}
