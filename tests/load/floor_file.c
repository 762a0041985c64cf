/* What downloads from files are measured against: libmicrohttpd handing one file to the kernel (sendfile), whatever is
 * asked for, with nothing between them. usage: memora-floor-file PORT FILE */
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context)
{
    const char *path = cls;
    struct stat st;
    (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (!*context) {
        *context = cls;
        return MHD_YES;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        abort();
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64((uint64_t)st.st_size, fd, 0);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)atoi(argv[1]), NULL, NULL, handle, argv[2],
                          MHD_OPTION_END))
        return 1;
    int number;
    sigwait(&stop, &number);
    return 0;
}
