// The plain alternative in SQLite: a row an entry, four indexes, through the C API.
//
//     sqlite_rows load FILE.sqlite ENTRIES.ndjson BATCH LINES SCHEMA.sql
//     sqlite_rows ask FILE.sqlite SQL PARAMETERS.tsv WARM_UP SECONDS
//
// `load` makes the database, then parses and inserts one line after the other by one prepared statement, and commits
// after BATCH lines: WAL, synchronous=FULL, everything else as SQLite has it. Prints the wall time of both, the CPU
// time of the parser, and apart from it that of SQLite: before and after a checkpoint at the end.
//
// `ask` runs one query for each line of parameters, which tabs divide, and reads every column of every row. Prints
// microseconds and rows of each.

#include "flat_line.h"
#include "rows.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *database;

static void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) die("SQLite: %s", sqlite3_errmsg(database));
}

static void execute(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void insert(sqlite3_stmt *statement, const struct line *line) {
    for (int column = 0; column < COLUMNS; column++) {
        struct value value = line->values[column];
        if (!value.bytes) {
            check(sqlite3_bind_null(statement, column + 1));
        } else if (column == LOG_TIME) {
            check(sqlite3_bind_int64(statement, column + 1, microseconds_of(value)));
        } else if (column == TEAM_ID || column == STATUS || column == DURATION_MS || column == FLOW_VERSION) {
            check(sqlite3_bind_int64(statement, column + 1, strtoll(value.bytes, NULL, 10)));
        } else {
            check(sqlite3_bind_text(statement, column + 1, value.bytes, (int)value.length, SQLITE_STATIC));
        }
    }
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
}

static void load(const char *path, long batch, long limit, const char *schema) {
    struct file file = map_file(path);
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");
    execute(map_file(schema).bytes);
    char sql[256] = "INSERT INTO entry VALUES (NULL";
    for (int i = 0; i < COLUMNS; i++) strcat(sql, ", ?");
    sqlite3_stmt *statement = prepare(strcat(sql, ")"));
    struct line *lines = calloc((size_t)batch, sizeof *lines);
    if (!lines) die("out of memory");
    double began = now(), own = thread_cpu(), parse_cpu = 0;
    const char *at = file.bytes, *end = file.bytes + file.length;
    long rows = 0;
    while (at < end && (limit == 0 || rows < limit)) {
        double before = thread_cpu();
        long count = 0;
        for (; count < batch && at < end && (limit == 0 || rows + count < limit); count++) {
            at = read_line(&lines[count], at, end);
        }
        parse_cpu += thread_cpu() - before;
        execute("BEGIN IMMEDIATE");
        for (long i = 0; i < count; i++) insert(statement, &lines[i]);
        execute("COMMIT");
        rows += count;
    }
    double wall = now() - began, cpu = thread_cpu() - own - parse_cpu;
    check(sqlite3_finalize(statement));
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
    printf("{\"entries\": %ld, \"wall_s\": %.6f, \"parse_cpu_s\": %.3f, ", rows, wall, parse_cpu);
    printf("\"server_cpu_s\": %.3f, \"settled_cpu_s\": %.3f}\n", cpu, thread_cpu() - own - parse_cpu);
}

static long run(sqlite3_stmt *statement, struct parameters *parameters) {
    static volatile size_t seen;
    long rows = 0;
    for (int i = 0; i < parameters->count; i++) {
        check(sqlite3_bind_text(statement, i + 1, parameters->values[i], -1, SQLITE_STATIC));
    }
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        rows++;
        for (int i = sqlite3_column_count(statement); i-- > 0;) {
            if (sqlite3_column_text(statement, i)) seen += (size_t)sqlite3_column_bytes(statement, i);
        }
    }
    check(code);
    check(sqlite3_reset(statement));
    return rows;
}

static void ask(const char *sql, const char *parameters, int warm_up, double seconds) {
    sqlite3_stmt *statement = prepare(sql);
    struct questions questions = open_questions(parameters, warm_up, seconds);
    struct parameters next;
    while (next_question(&questions, &next)) {
        double started = now();
        long rows = run(statement, &next);
        note_answer(&questions, started, rows);
    }
    print_answers(&questions);
    check(sqlite3_finalize(statement));
}

int main(int count, char **arguments) {
    if (count != 7) die("see the head of sqlite_rows.c");
    check(sqlite3_open(arguments[2], &database));
    if (strcmp(arguments[1], "load") == 0) {
        load(arguments[3], atol(arguments[4]), atol(arguments[5]), arguments[6]);
    } else {
        ask(arguments[3], arguments[4], atoi(arguments[5]), atof(arguments[6]));
    }
    check(sqlite3_close(database));
    return 0;
}
