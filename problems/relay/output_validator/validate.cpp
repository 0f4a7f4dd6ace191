// Judges both passes of a relay. The answer file holds one letter per message: `r` if the fog
// reverses it, `k` if it keeps it. Pass 1 checks the messages and writes nextpass.in. It also
// leaves the numbers in a state file, because only the feedback directory is promised to last until
// pass 2; what the input argument names by then is not.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr int accepted = 42;
constexpr int wrong = 43;
constexpr int broken = 1;
constexpr std::size_t longest_message = 32;

std::string feedback;

int say(int verdict, const std::string &text) {
  std::ofstream(feedback + "judgemessage.txt", std::ios::app) << text << '\n';
  return verdict;
}

int judge_sending(std::istream &input, std::istream &answer) {
  std::string word, fog;
  std::size_t count = 0;
  if (!(input >> word >> count) || word != "send" || !(answer >> fog) || fog.size() != count)
    return say(broken, "pass 1: the test data is damaged");
  std::vector<std::string> numbers(count), messages(count);
  for (auto &number : numbers)
    if (!(input >> number)) return say(broken, "pass 1: the test data is damaged");

  for (std::size_t i = 0; i < count; ++i) {
    const auto name = "pass 1: message " + std::to_string(i + 1);
    if (!(std::cin >> messages[i])) return say(wrong, name + " is missing");
    if (messages[i].size() > longest_message) return say(wrong, name + " is too long");
    if (messages[i].find_first_not_of("o.") != std::string::npos)
      return say(wrong, name + " has a character other than o and .");
  }
  if (std::cin >> word) return say(wrong, "pass 1: more messages than numbers");

  std::ofstream state(feedback + "relay-numbers.txt");
  std::ofstream next(feedback + "nextpass.in");
  next << "read\n" << count << '\n';
  for (std::size_t i = 0; i < count; ++i) {
    if (fog[i] == 'r') std::reverse(messages[i].begin(), messages[i].end());
    next << messages[i] << '\n';
    state << numbers[i] << '\n';
  }
  if (!state.flush() || !next.flush()) return say(broken, "pass 1: the next pass was not written");
  return say(accepted, "pass 1: all messages are well formed");
}

int judge_reading(std::istream &numbers) {
  std::string expected, printed;
  for (int i = 1; numbers >> expected; ++i) {
    const auto name = "pass 2: number " + std::to_string(i);
    if (!(std::cin >> printed)) return say(wrong, name + " is missing");
    if (printed != expected) return say(wrong, name + " is not the one that was sent");
  }
  if (std::cin >> printed) return say(wrong, "pass 2: more numbers than messages");
  return say(accepted, "pass 2: all numbers came through");
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 4) return broken;
  std::ifstream input(argv[1]), answer(argv[2]);
  feedback = argv[3];
  if (feedback.empty() || feedback.back() != '/') feedback += '/';
  std::ifstream numbers(feedback + "relay-numbers.txt");
  return numbers ? judge_reading(numbers) : judge_sending(input, answer);
}
