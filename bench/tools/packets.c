// Sends small datagrams as fast as one thread can.
//   packets stream ADDRESS PORT SECONDS   one flow; prints how many packets were sent
//   packets flows ADDRESS PORT COUNT      a new flow for each packet; prints the seconds that took
//   packets sink PORT                     holds a port open and reads nothing, until it is killed
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int connected(const char *address, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  if (s < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 || connect(s, (struct sockaddr *)&to, sizeof to) != 0) {
    perror("packets");
    exit(1);
  }
  return s;
}

static int stream(const char *address, int port, double seconds) {
  int s = connected(address, port);
  char payload[18] = {0};
  struct iovec part = {payload, sizeof payload};
  struct mmsghdr batch[BATCH];
  memset(batch, 0, sizeof batch);
  for (int i = 0; i < BATCH; i++) {
    batch[i].msg_hdr.msg_iov = &part;
    batch[i].msg_hdr.msg_iovlen = 1;
  }
  long sent = 0;
  for (double end = now() + seconds; now() < end;) {
    int n = sendmmsg(s, batch, BATCH, 0);
    if (n > 0) sent += n;
  }
  printf("%ld\n", sent);
  return 0;
}

static int flows(const char *address, int port, long count) {
  double begin = now();
  for (long i = 0; i < count; i++) {
    int s = connected(address, port);
    if (send(s, "?", 1, 0) != 1) perror("packets");
    close(s);
  }
  printf("%.6f\n", now() - begin);
  return 0;
}

static int sink(int port) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  if (s < 0 || bind(s, (struct sockaddr *)&own, sizeof own) != 0) {
    perror("packets");
    return 1;
  }
  puts("open");
  fflush(stdout);
  pause();
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "stream") == 0) return stream(argv[2], atoi(argv[3]), atof(argv[4]));
  if (argc == 5 && strcmp(argv[1], "flows") == 0) return flows(argv[2], atoi(argv[3]), atol(argv[4]));
  if (argc == 3 && strcmp(argv[1], "sink") == 0) return sink(atoi(argv[2]));
  fputs("packets stream ADDRESS PORT SECONDS | flows ADDRESS PORT COUNT | sink PORT\n", stderr);
  return 2;
}
