/* Both Postfix and ours sleep for a second before they end with a fatal error. Thousands of cases need not. */
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

unsigned int sleep(unsigned int seconds) {
    (void) seconds;
    return 0;
}

/* What the standard library of Rust calls. Other sleeps, between two attempts at something, stay. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left) {
    if (flags == 0 && time->tv_sec == 1 && time->tv_nsec == 0)
        return 0;
    return syscall(SYS_clock_nanosleep, clock, flags, time, left) == 0 ? 0 : errno;
}
