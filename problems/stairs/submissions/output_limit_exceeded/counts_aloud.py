# @EXPECTED_RESULTS@: OUTPUT_LIMIT
# Output limit exceeded, 0 points: names every step it takes, and never arrives.
n, k, b = map(int, input().split())
while True:
    print("left, right, " * max(n, 1000))
