// @EXPECTED_RESULTS@: COMPILER_ERROR
// Does not compile: an int is promised and a String given.
import java.util.Scanner;

public class Main {
    static int order(Scanner in) {
        return in.nextInt() > 0 ? "mistrial" : "nobody";
    }

    public static void main(String[] args) {
        System.out.println(order(new Scanner(System.in)));
    }
}
