#pragma once
#include <cstdint>

class Sea {
 public:
  Sea(std::uint32_t start, std::int64_t ebb) : state(start), ebb(ebb) {}

  std::int64_t tick() {
    state = 1664525u * state + 1013904223u;
    return static_cast<std::int64_t>(state >> 24) - ebb;
  }

 private:
  std::uint32_t state;
  std::int64_t ebb;
};
