/* A field device that this project did not write: libmodbus serves a header with a heartbeat that rises once a second, and
 * some values in each of the four tables.
 *
 *   server tcp UNIT          listens on a free port of 127.0.0.1 and prints it
 *   server rtu UNIT PATH     opens the serial port, 115200 baud, 8E1, and prints its path
 *
 * With each SIGUSR1 input register 8 goes from 1 to 0 or back. A coil that is written is told: "coil 3 on".
 */

#include <arpa/inet.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REGISTERS = 64, BITS = 64 };

static volatile sig_atomic_t contact = 1;

static void turn_over(int signal)
{
    (void) signal;
    contact = !contact;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

static modbus_mapping_t *values(int unit)
{
    modbus_mapping_t *map = modbus_mapping_new(BITS, BITS, REGISTERS, REGISTERS);
    if (map == NULL)
        fail("mapping");
    map->tab_input_registers[0] = 0x5352;
    map->tab_input_registers[1] = 3;
    map->tab_input_registers[2] = 1;
    map->tab_input_registers[3] = unit;
    map->tab_input_registers[20] = 0x0001; /* 65,538 in two registers, high first */
    map->tab_input_registers[21] = 0x0002;
    map->tab_registers[5] = 1234;
    map->tab_input_bits[11] = 1;
    map->tab_bits[7] = 1;
    return map;
}

static void serve(modbus_t *ctx, modbus_mapping_t *map)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    for (;;) {
        int length = modbus_receive(ctx, query);
        if (length < 0)
            return;
        if (length == 0)
            continue; /* for another unit */
        map->tab_input_registers[4] = (uint16_t) time(NULL);
        map->tab_input_registers[8] = (uint16_t) contact;
        modbus_reply(ctx, query, length, map);
        const uint8_t *question = query + modbus_get_header_length(ctx);
        if (question[0] == MODBUS_FC_WRITE_SINGLE_COIL) {
            printf("coil %d %s\n", question[1] << 8 | question[2], question[3] ? "on" : "off");
            fflush(stdout);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int unit = atoi(argv[2]);
    modbus_mapping_t *map = values(unit);
    signal(SIGUSR1, turn_over);
    if (strcmp(argv[1], "tcp") == 0) {
        modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
        int listener = ctx == NULL ? -1 : modbus_tcp_listen(ctx, 4);
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        if (listener < 0 || getsockname(listener, (struct sockaddr *) &address, &size) < 0)
            fail("listen");
        printf("127.0.0.1:%d\n", ntohs(address.sin_port));
        fflush(stdout);
        for (;;) {
            if (modbus_tcp_accept(ctx, &listener) < 0)
                fail("accept");
            serve(ctx, map);
            modbus_close(ctx);
        }
    }
    modbus_t *ctx = modbus_new_rtu(argv[3], 115200, 'E', 8, 1);
    if (ctx == NULL || modbus_set_slave(ctx, unit) < 0 || modbus_connect(ctx) < 0)
        fail("serial port");
    printf("%s\n", argv[3]);
    fflush(stdout);
    for (;;)
        serve(ctx, map);
}
