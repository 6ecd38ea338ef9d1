//! The plain listener serves this machine alone: loopback addresses, loopback names, its own pages, and nobody without a
//! sign-in.

use reqwest::Method;
use strongroom_tests::program::run;
use strongroom_tests::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_names_and_foreign_pages_are_refused() {
    let site = Site::with_edges(&["edge-1"]).await;
    let address = site.hub.ports().loopback;
    let (own, port) = (address.to_string(), address.port());
    let plain = site.api().with_base(&format!("http://{address}"));

    let with_host = async |host: &str| plain.bare(Method::GET, "/healthz", &[("host", host)]).await.status;
    assert_eq!(with_host(&own).await, 200);
    assert_eq!(with_host(&format!("localhost:{port}")).await, 200);
    // A foreign name that resolves to this machine.
    assert_eq!(with_host(&format!("evil.example:{port}")).await, 421);
    assert_eq!(with_host("localhost:1").await, 421);

    assert_eq!(plain.bare(Method::GET, "/api/v1/parts", &[]).await.status, 401, "nobody without a sign-in");
    assert_eq!(plain.get("/api/v1/parts").await.status, 200);

    // A cookie is enough to read, and not to change anything from a foreign page.
    let origin = format!("http://{own}");
    let cookie = sign_in(&site, &origin).await;
    let read = plain.bare(Method::GET, "/api/v1/parts", &[("cookie", &cookie)]).await;
    assert_eq!(read.status, 200, "{}", read.text);
    let change = "/api/v1/incidents/0123456789abcdef0123456789abcdef/acknowledge";
    let post = async |origin: &str| {
        plain.bare(Method::POST, change, &[("cookie", &cookie), ("origin", origin)]).await
    };
    assert_eq!(post(&origin).await.status, 404, "our own page gets as far as the incident");
    for foreign in ["http://evil.example", &format!("https://{own}"), "null"] {
        let answer = post(foreign).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (403, &"urn:strongroom:problem:foreign-origin".into()),
            "{foreign}"
        );
    }
    let without = plain.bare(Method::POST, change, &[("cookie", &cookie)]).await;
    assert_eq!(without.status, 403, "a change that names no origin");
    assert_eq!(plain.metric("api_origin_refused_total{reason=\"origin\"}").await, 4.0);
    assert_eq!(plain.metric("api_origin_refused_total{reason=\"host\"}").await, 2.0);
}

/// Trades the supervisor's token for the page's cookie.
async fn sign_in(site: &Site, origin: &str) -> String {
    let address = site.hub.ports().loopback;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let body = format!("token={}", site.supervisor.token());
    let request = client.post(format!("http://{address}/signin")).header("origin", origin);
    let answer =
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn another_address_than_loopback_is_a_fault() {
    let site = Site::build().prepare();
    let config = site.folder().join("hub.toml");
    std::fs::write(&config, "[api]\nloopback = \"0.0.0.0:8080\"\n").unwrap();
    let said = run("strongroom-hub", &["check", "--config", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains(":2:") && said.err.contains("plain HTTP is for this machine only"),
        "{}",
        said.err
    );
}
