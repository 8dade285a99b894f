// The plain alternative in PostgreSQL: a row an entry, four indexes, by COPY.
//
//     postgres_rows load CONNECTION ENTRIES.ndjson BATCH LINES CONNECTIONS
//     postgres_rows ask CONNECTION SQL PARAMETERS.tsv WARM_UP SECONDS
//
// `load` has a thread a connection; each takes the next BATCH lines, parses them, sends them as one COPY, and takes the
// next when the server has committed. Prints the wall time, and the CPU time of this client, of it that of the parser.
//
// `ask` runs one prepared query for each line of parameters, which tabs divide, one at a time. Prints microseconds from
// the question to the last row, and rows of each.

#include "flat_line.h"
#include "rows.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const copy =
    "COPY entry (team_id, connector_identifier, log_time, event, method, uri, status, outcome, duration_ms, "
    "request_id, flow_id, flow_name, flow_version, state_id, trace_id, request_headers, response_headers, "
    "request_body, response_body, error_name, error_message) FROM STDIN";

static PGconn *connect_to(const char *text) {
    PGconn *connection = PQconnectdb(text);
    if (PQstatus(connection) != CONNECTION_OK) die("PostgreSQL: %s", PQerrorMessage(connection));
    return connection;
}

static void check(PGconn *connection, PGresult *result, ExecStatusType wanted) {
    if (PQresultStatus(result) != wanted) die("PostgreSQL: %s", PQerrorMessage(connection));
    PQclear(result);
}

// MARK: - Load

/// The workload that the threads share.
static struct {
    pthread_mutex_t mutex;
    const char *at, *end;
    long batch, left, rows;
    const char *connection;
    double parse_cpu, client_cpu;
} work = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/// The next lines, of which there are `batch` or fewer; an empty range at the end.
static struct file take(long *count) {
    pthread_mutex_lock(&work.mutex);
    const char *from = work.at;
    for (*count = 0; *count < work.batch && work.left > 0 && work.at < work.end; ++*count, --work.left) {
        const char *newline = memchr(work.at, '\n', (size_t)(work.end - work.at));
        work.at = newline ? newline + 1 : work.end;
    }
    work.rows += *count;
    struct file lines = {from, (size_t)(work.at - from)};
    pthread_mutex_unlock(&work.mutex);
    return lines;
}

/// A value in COPY's text format: tab, newline, carriage return and backslash are escaped.
static char *put(char *to, struct value value) {
    if (!value.bytes) return memcpy(to, "\\N", 2), to + 2;
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.bytes[i];
        if (byte == '\\' || byte == '\t' || byte == '\n' || byte == '\r') {
            *to++ = '\\';
            byte = byte == '\t' ? 't' : byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte;
        }
        *to++ = byte;
    }
    return to;
}

/// Rows of COPY; returns their end. `to` has room for twice the lines and the separators.
static char *convert(struct file lines, struct line *line, char *to) {
    const char *at = lines.bytes, *end = at + lines.length;
    while (at < end) {
        at = read_line(line, at, end);
        for (int column = 0; column < COLUMNS; column++) {
            to = put(to, line->values[column]);
            *to++ = column + 1 < COLUMNS ? '\t' : '\n';
        }
    }
    return to;
}

static void *load_some(void *connection_) {
    PGconn *connection = connection_;
    struct line line = {0};
    char *rows = NULL;
    double parse_cpu = 0;
    long count;
    for (struct file lines; (lines = take(&count)).length;) {
        double before = thread_cpu();
        rows = realloc(rows, lines.length * 2 + (size_t)count * COLUMNS * 3);
        if (!rows) die("out of memory");
        char *end = convert(lines, &line, rows);
        parse_cpu += thread_cpu() - before;
        check(connection, PQexec(connection, copy), PGRES_COPY_IN);
        if (PQputCopyData(connection, rows, (int)(end - rows)) != 1 || PQputCopyEnd(connection, NULL) != 1) {
            die("PostgreSQL: %s", PQerrorMessage(connection));
        }
        check(connection, PQgetResult(connection), PGRES_COMMAND_OK);
        if (PQgetResult(connection)) die("PostgreSQL: more than one result of COPY");
    }
    free(rows);
    free(line.room);
    pthread_mutex_lock(&work.mutex);
    work.parse_cpu += parse_cpu;
    work.client_cpu += thread_cpu();
    pthread_mutex_unlock(&work.mutex);
    return NULL;
}

static void load(const char *text, const char *path, long batch, long limit, int connections) {
    struct file file = map_file(path);
    PGconn *opened[256];
    pthread_t threads[256];
    if (connections < 1 || connections > 256) die("1 to 256 connections");
    work.at = file.bytes;
    work.end = file.bytes + file.length;
    work.batch = batch;
    work.left = limit ? limit : (long)file.length;
    for (int i = 0; i < connections; i++) opened[i] = connect_to(text);
    double began = now();
    for (int i = 0; i < connections; i++) {
        if (pthread_create(&threads[i], NULL, load_some, opened[i])) die("no thread");
    }
    for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    double wall = now() - began;
    for (int i = 0; i < connections; i++) PQfinish(opened[i]);
    printf("{\"entries\": %ld, \"wall_s\": %.6f, \"parse_cpu_s\": %.3f, \"client_cpu_s\": %.3f}\n", work.rows, wall,
        work.parse_cpu, work.client_cpu);
}

// MARK: - Ask

static void ask(const char *text, const char *sql, const char *path, int warm_up, double seconds) {
    PGconn *connection = connect_to(text);
    check(connection, PQprepare(connection, "question", sql, 0, NULL), PGRES_COMMAND_OK);
    struct questions questions = open_questions(path, warm_up, seconds);
    struct parameters next;
    while (next_question(&questions, &next)) {
        double started = now();
        PGresult *result = PQexecPrepared(connection, "question", next.count, next.values, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) die("PostgreSQL: %s", PQerrorMessage(connection));
        note_answer(&questions, started, PQntuples(result));
        PQclear(result);
    }
    print_answers(&questions);
    PQfinish(connection);
}

int main(int count, char **arguments) {
    if (count != 7) die("see the head of postgres_rows.c");
    if (strcmp(arguments[1], "load") == 0) {
        load(arguments[2], arguments[3], atol(arguments[4]), atol(arguments[5]), atoi(arguments[6]));
    } else {
        ask(arguments[2], arguments[3], arguments[4], atoi(arguments[5]), atof(arguments[6]));
    }
    return 0;
}
