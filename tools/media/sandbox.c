#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FIRST_OTHER_FD = 3,
    OPEN_FILES = 64,
    CPU_S = 20,
    MEMORY_BYTES = 1024 * 1024 * 1024 /* 50 million pixels of 4 channels, and the coefficients of a progressive JPEG */
};

static bool limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit value;
    if (getrlimit(what, &value) != 0)
        return false;
    value.rlim_max = value.rlim_max < most ? value.rlim_max : most;
    value.rlim_cur = value.rlim_max;
    return setrlimit(what, &value) == 0;
}

/* When memory runs out, this process is the one to go. */
static void go_first(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, "1000", 4);
    (void)ignored;
    close(fd);
}

bool sandbox_limit(void)
{
    close_range(FIRST_OTHER_FD, ~0U, 0);
    go_first();
    signal(SIGXFSZ, SIG_IGN);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           limit(RLIMIT_DATA, MEMORY_BYTES) && limit(RLIMIT_CPU, CPU_S) && limit(RLIMIT_FSIZE, 0) &&
           limit(RLIMIT_NOFILE, OPEN_FILES) && limit(RLIMIT_CORE, 0);
}

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
};

static bool add_rules(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return false;
    /* Memory, but none that code could be written to. */
    const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code) != 0)
        return false;
    /* Threads, not processes; the newer call hides its flags in memory, so the C library has to take the older one. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0)) == 0;
}

bool sandbox_close(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    /* For threads that are there already, where the kernel can do that. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    bool built = add_rules(filter);
    int result = built ? seccomp_load(filter) : -EFAULT;
    seccomp_release(filter);
    bool no_seccomp = result == -EINVAL || result == -ENOSYS || (result == -ECANCELED && errno == EINVAL);
    return result == 0 || no_seccomp;
}

bool sandbox_holds(void)
{
    return open("/", O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM && socket(AF_INET, SOCK_STREAM, 0) < 0 &&
           errno == EPERM && fork() < 0 && errno == EPERM && execl("/bin/true", "true", (char *)NULL) < 0 &&
           errno == EPERM && kill(getppid(), 0) < 0 && errno == EPERM;
}
