// Accepted: always the highest number that may speak, so as far from the judges' answer as possible.
import java.io.InputStreamReader;
import java.io.StreamTokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;

public class Main {
    private static final StreamTokenizer in = new StreamTokenizer(new InputStreamReader(System.in));

    private static int next() throws Exception {
        in.nextToken();
        return (int) in.nval;
    }

    public static void main(String[] args) throws Exception {
        int n = next(), m = next();
        int[] waiting = new int[n + 1];
        List<List<Integer>> followers = new ArrayList<>();
        for (int w = 0; w <= n; w++) followers.add(new ArrayList<>());
        for (int i = 0; i < m; i++) {
            int a = next(), b = next();
            followers.get(a).add(b);
            waiting[b]++;
        }
        PriorityQueue<Integer> ready = new PriorityQueue<>(Collections.reverseOrder());
        for (int w = 1; w <= n; w++) if (waiting[w] == 0) ready.add(w);
        List<Integer> order = new ArrayList<>();
        while (!ready.isEmpty()) {
            int witness = ready.poll();
            order.add(witness);
            for (int follower : followers.get(witness)) if (--waiting[follower] == 0) ready.add(follower);
        }
        StringBuilder out = new StringBuilder();
        for (int witness : order) out.append(witness).append(' ');
        System.out.println(order.size() == n ? out : "mistrial");
    }
}
