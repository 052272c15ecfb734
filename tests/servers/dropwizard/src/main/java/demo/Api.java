package demo;

import io.dropwizard.Application;
import io.dropwizard.Configuration;
import io.dropwizard.setup.Environment;
import javax.ws.rs.GET;
import javax.ws.rs.POST;
import javax.ws.rs.Path;

/** The smallest service: GET /ping answers "pong", and /api/... what the lab's load asks. The backlog is Dropwizard's own default. */
public class Api extends Application<Configuration> {
    public static void main(String[] arguments) throws Exception {
        new Api().run(arguments);
    }

    @Override
    public void run(Configuration configuration, Environment environment) {
        environment.jersey().register(new Ping());
        environment.jersey().register(new Records());
    }

    @Path("/ping")
    public static class Ping {
        @GET
        public String ping() {
            return "pong";
        }
    }

    /** Bodies are read to their end: Jetty closes a connection on which one is left, under the hands of who still sends it. */
    @Path("/api/{name}")
    public static class Records {
        @GET
        public String get() {
            return "{}";
        }

        @POST
        public String post(String body) {
            return "{}";
        }
    }
}
