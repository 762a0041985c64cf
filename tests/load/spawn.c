#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { GIVE_UP_S = 60, PROBE_EVERY_NS = 200000 };

static bool is_healthy(int port)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char answer[256] = "";
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool healthy = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
                   send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 &&
                   recv(fd, answer, sizeof answer - 1, 0) > 0 && strncmp(answer, "HTTP/1.1 200", 12) == 0;
    close(fd);
    return healthy;
}

int spawn_server(int port, const char *log, char **argv)
{
    int64_t begin = now_ns();
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        return 1;
    }
    if (pid == 0) {
        int fd = open(log, O_CREAT | O_WRONLY | O_APPEND, 0644), none = open("/dev/null", O_RDONLY);
        setsid();
        dup2(none, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    while (now_ns() - begin < (int64_t)GIVE_UP_S * 1000000000) {
        if (is_healthy(port)) {
            printf("{\"pid\":%d,\"startup_ms\":%.1f}\n", (int)pid, (double)(now_ns() - begin) / 1e6);
            return 0;
        }
        if (waitpid(pid, NULL, WNOHANG) == pid)
            break;
        nanosleep(&(struct timespec){.tv_nsec = PROBE_EVERY_NS}, NULL);
    }
    fprintf(stderr, "%s did not start; see %s\n", argv[0], log);
    kill(pid, SIGKILL);
    return 1;
}
