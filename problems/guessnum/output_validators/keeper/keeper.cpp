// Output validator: the keeper of the seal, who answers guesses.
//
// Called as `keeper INPUT ANSWER FEEDBACK_DIRECTORY/`, with the guesses on standard input and the
// replies on standard output. Leaves with 42 (accepted) or 43 (wrong answer) and says why in
// judgemessage.txt; any other status blames the judges.
//
// He tracks the interval of numbers that fit all his replies. With a sealed number he answers by it;
// without one he answers so that the larger part of the interval remains, and a lucky guess is
// never right before it must be.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>

namespace {

constexpr int accepted = 42, wrongAnswer = 43, judgeError = 1;
// Longer than any guess can be, short enough to quote.
constexpr int longestToken = 32;

std::string feedbackDirectory;

[[noreturn]] void leave(int status, const std::string& why) {
  std::ofstream(feedbackDirectory + "judgemessage.txt") << why << '\n';
  std::_Exit(status);
}

std::string nextToken() {
  std::string token;
  std::cin >> std::setw(longestToken) >> token;
  return token;
}

// The guess that a token stands for, or 0 when it is not a number between 1 and n.
long long guessFrom(const std::string& token, long long n) {
  if (token.size() > 10 || token[0] == '0') return 0;
  long long guess = 0;
  for (char c : token) {
    if (c < '0' || c > '9') return 0;
    guess = 10 * guess + (c - '0');
  }
  return guess <= n ? guess : 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return judgeError;
  feedbackDirectory = arguments[3];
  // A submission that has gone away shows as the end of its guesses; it must not kill the judge.
  std::signal(SIGPIPE, SIG_IGN);

  long long n, number;
  int guesses;
  std::ifstream input(arguments[1]), answer(arguments[2]);
  if (!(input >> n >> number)) leave(judgeError, "cannot read the input");
  if (!(answer >> guesses)) leave(judgeError, "cannot read the number of guesses");
  long long low = number ? number : 1, high = number ? number : n;

  std::cout << n << ' ' << guesses << std::endl;
  for (int used = 1; used <= guesses; used++) {
    const std::string token = nextToken();
    if (token.empty()) leave(wrongAnswer, "ends before guess " + std::to_string(used));
    const long long guess = guessFrom(token, n);
    if (guess == 0) leave(wrongAnswer, "'" + token + "' is not a number from 1 to n");
    if (low == guess && high == guess) {
      std::cout << "right" << std::endl;
      const std::string extra = nextToken();
      if (!extra.empty()) leave(wrongAnswer, "talks on after the end: '" + extra + "'");
      leave(accepted, "found with guess " + std::to_string(used) + " of " + std::to_string(guesses));
    }
    if (guess < low || (guess <= high && high - guess >= guess - low)) {
      if (guess >= low) low = guess + 1;
      std::cout << "higher" << std::endl;
    } else {
      if (guess <= high) high = guess - 1;
      std::cout << "lower" << std::endl;
    }
  }
  leave(wrongAnswer, "out of guesses after " + std::to_string(guesses));
}
