package demo;

import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.Server;

/** Jetty with nothing configured but the port, and an idle timeout if one is given; it answers 404 to everything. */
public class Plain {
    public static void main(String[] arguments) throws Exception {
        Server server = new Server(Integer.parseInt(arguments[0]));
        if (arguments.length > 1) {
            ((AbstractConnector) server.getConnectors()[0]).setIdleTimeout(Long.parseLong(arguments[1]));
        }
        server.start();
        server.join();
    }
}
