// libcurl as Debian ships it (libcurl4-openssl-dev). Its options are set by functions of variable
// arguments, which Swift cannot call: here is one function for each type of value, and each is told
// only options of that type.
#ifndef ASSIZE_CCURL_H
#define ASSIZE_CCURL_H

#include <curl/curl.h>

static inline CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/// libcurl keeps a copy. NULL resets the option.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

/// The context that the three functions below are called with.
static inline CURLcode ccurl_set_context(CURL *handle, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  return code;
}

typedef size_t (*ccurl_take)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_tick)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

static inline CURLcode ccurl_set_functions(
    CURL *handle, ccurl_take header, ccurl_take body, ccurl_tick tick) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, tick);
  return code;
}

#endif
