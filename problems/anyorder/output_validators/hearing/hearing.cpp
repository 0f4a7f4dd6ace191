// Output validator: accepts any order of the witnesses that meets all demands.
//
// Called as `hearing INPUT ANSWER FEEDBACK_DIRECTORY/ < OUTPUT`. Leaves with 42 (accepted) or
// 43 (wrong answer) and says why in judgemessage.txt. Any other status blames the judges: a
// package that cannot be read, or an output that is better than our answer.
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int accepted = 42, wrongAnswer = 43, judgeError = 1;
// Longer than any token that can be right, short enough to quote.
constexpr int longestToken = 32;

std::string feedbackDirectory;

[[noreturn]] void leave(int status, const std::string& why) {
  std::ofstream(feedbackDirectory + "judgemessage.txt") << why << '\n';
  std::exit(status);
}

std::string tokenFrom(std::istream& stream) {
  std::string token;
  stream >> std::setw(longestToken) >> token;
  return token;
}

// The witness that a token names, or 0.
int witness(const std::string& token, int count) {
  if (token.empty() || token.size() > 4 || token[0] == '0') return 0;
  int number = 0;
  for (char c : token) {
    if (c < '0' || c > '9') return 0;
    number = 10 * number + (c - '0');
  }
  return number <= count ? number : 0;
}

void expectEnd() {
  std::string extra = tokenFrom(std::cin);
  if (!extra.empty()) leave(wrongAnswer, "more output than expected: '" + extra + "'");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return judgeError;
  feedbackDirectory = arguments[3];
  std::ifstream input(arguments[1]), answer(arguments[2]);
  int n, m;
  if (!(input >> n >> m)) leave(judgeError, "cannot read the input");
  std::vector<std::pair<int, int>> demands(m);
  for (auto& [before, after] : demands) {
    if (!(input >> before >> after)) leave(judgeError, "cannot read the demands");
  }
  const bool mistrial = tokenFrom(answer) == "mistrial";

  std::vector<int> place(n + 1, 0);
  for (int i = 1; i <= n; i++) {
    std::string token = tokenFrom(std::cin);
    if (i == 1 && token == "mistrial") {
      if (!mistrial) leave(wrongAnswer, "declares a mistrial, but there is an order");
      expectEnd();
      leave(accepted, "mistrial");
    }
    if (token.empty()) leave(wrongAnswer, "ends before witness number " + std::to_string(i));
    int who = witness(token, n);
    if (who == 0) leave(wrongAnswer, "'" + token + "' is no witness");
    if (place[who] != 0) leave(wrongAnswer, "hears witness " + token + " twice");
    place[who] = i;
  }
  expectEnd();
  for (const auto& [before, after] : demands) {
    if (place[before] > place[after]) {
      leave(wrongAnswer, "hears witness " + std::to_string(after) + " before witness " +
                             std::to_string(before));
    }
  }
  if (mistrial) leave(judgeError, "a valid order where our answer says mistrial");
  leave(accepted, "all demands are met");
}
