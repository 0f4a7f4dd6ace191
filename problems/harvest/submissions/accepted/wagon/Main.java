import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/** Takes decisions from the last crate on, so that the cart is found without going backwards. */
public class Main {
  public static void main(String[] args) {
    Scanner in = new Scanner(System.in);
    int n = in.nextInt();
    int load = in.nextInt();
    int[] weight = new int[n];
    int[] price = new int[n];
    for (int i = 0; i < n; i++) {
      weight[i] = in.nextInt();
      price[i] = in.nextInt();
    }

    int[] best = new int[load + 1];
    boolean[][] take = new boolean[n][load + 1];
    for (int i = n - 1; i >= 0; i--) {
      for (int room = load; room >= weight[i]; room--) {
        if (best[room - weight[i]] + price[i] > best[room]) {
          best[room] = best[room - weight[i]] + price[i];
          take[i][room] = true;
        }
      }
    }

    List<String> cart = new ArrayList<>();
    int room = load;
    for (int i = 0; i < n; i++) {
      if (take[i][room]) {
        cart.add(Integer.toString(i + 1));
        room -= weight[i];
      }
    }
    System.out.println(cart.size());
    System.out.println(String.join(" ", cart));
  }
}
