#ifndef ACCOUNT_H
#define ACCOUNT_H

long long balance(const char *line);

#endif
