package demo;

import io.dropwizard.Application;
import io.dropwizard.Configuration;
import io.dropwizard.setup.Environment;
import javax.ws.rs.GET;
import javax.ws.rs.Path;

/** The smallest service: GET /ping answers "pong". The backlog is Dropwizard's own default. */
public class Api extends Application<Configuration> {
    public static void main(String[] arguments) throws Exception {
        new Api().run(arguments);
    }

    @Override
    public void run(Configuration configuration, Environment environment) {
        environment.jersey().register(new Ping());
    }

    @Path("/ping")
    public static class Ping {
        @GET
        public String ping() {
            return "pong";
        }
    }
}
