package demo;

import org.eclipse.jetty.server.Server;

/** Jetty with nothing configured but the port; it answers 404 to everything. */
public class Plain {
    public static void main(String[] arguments) throws Exception {
        Server server = new Server(Integer.parseInt(arguments[0]));
        server.start();
        server.join();
    }
}
