//! The arguments of `strongroom-hub pki …` and their help texts.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::identity::{DnsName, Holder, Name, Subject};
use super::ledger::Target;
use super::reason::Reason;
use super::serial::Serial;

/// Make and revoke the certificates of edges, host agents and servers.
#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// Make a new authority: ca.pem, ca.key, crl.pem and the ledger issued.json
    Init(Init),
    /// Issue a certificate for an edge, a host agent or a server
    Issue(Issue),
    /// Revoke certificates and write a new revocation list
    Revoke(Revoke),
    /// Write a fresh revocation list before the present one ends
    RenewCrl(RenewCrl),
    /// Show who holds which certificate, until when, and what is revoked
    List(List),
}

/// Arguments of `pki init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Folder of the new authority
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// Name of the site; it stands in every identity: spiffe://SITE/edge/NAME
    #[arg(long)]
    pub(super) site: Name,
    /// How long the authority is valid
    #[arg(long, default_value_t = 10)]
    pub(super) years: u32,
    /// How long a revocation list is fresh
    #[arg(long, default_value_t = 30)]
    pub(super) crl_days: u32,
}

/// Arguments of `pki issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// Folder of the authority
    #[arg(long)]
    pub(super) dir: PathBuf,
    #[command(flatten)]
    pub(super) who: Who,
    /// Host name of the server, as its clients use it (may be repeated)
    #[arg(long, conflicts_with_all = ["edge", "host_agent"])]
    pub(super) dns: Vec<DnsName>,
    /// Address of the server, as its clients use it (may be repeated)
    #[arg(long, conflicts_with_all = ["edge", "host_agent"])]
    pub(super) ip: Vec<IpAddr>,
    /// How long the certificate is valid
    #[arg(long, default_value_t = 365)]
    pub(super) days: u32,
    /// Folder for the certificate and its key [default: DIR/issued]
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// Certify the key of this request (PKCS #10, PEM), so that the key stays on the device
    #[arg(long, value_name = "FILE")]
    pub(super) csr: Option<PathBuf>,
}

/// Exactly one holder.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Who {
    /// An edge, by its name
    #[arg(long, value_name = "ID")]
    edge: Option<Name>,
    /// A host agent, by its name
    #[arg(long, value_name = "ID")]
    host_agent: Option<Name>,
    /// A server, by its name
    #[arg(long, value_name = "NAME")]
    server: Option<Name>,
}

/// Arguments of `pki revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Folder of the authority
    #[arg(long)]
    pub(super) dir: PathBuf,
    #[command(flatten)]
    pub(super) what: What,
    /// Why
    #[arg(long, value_enum, default_value_t)]
    pub(super) reason: Reason,
}

/// Exactly one target.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct What {
    /// All live certificates of this edge
    #[arg(long, value_name = "ID")]
    edge: Option<Name>,
    /// All live certificates of this host agent
    #[arg(long, value_name = "ID")]
    host_agent: Option<Name>,
    /// All live certificates of this server
    #[arg(long, value_name = "NAME")]
    server: Option<Name>,
    /// One certificate, by the serial that `pki list` shows
    #[arg(long, value_name = "HEX")]
    serial: Option<Serial>,
}

/// Arguments of `pki renew-crl`.
#[derive(Debug, Args)]
pub struct RenewCrl {
    /// Folder of the authority
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// How long this and later lists are fresh [default: as before]
    #[arg(long)]
    pub(super) days: Option<u32>,
}

/// Arguments of `pki list`.
#[derive(Debug, Args)]
pub struct List {
    /// Folder of the authority
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// Print JSON for programs
    #[arg(long)]
    pub(super) json: bool,
}

impl Who {
    pub(super) fn into_subject(self, dns: Vec<DnsName>, ips: Vec<IpAddr>) -> Subject {
        let holder = holder(self.edge, self.host_agent, self.server);
        match holder.expect("the argument group requires exactly one") {
            Holder::Edge(name) => Subject::Edge(name),
            Holder::HostAgent(name) => Subject::HostAgent(name),
            Holder::Server(name) => Subject::Server { name, dns, ips },
        }
    }
}

impl What {
    pub(super) fn into_target(self) -> Target {
        holder(self.edge, self.host_agent, self.server)
            .map(Target::Holder)
            .or(self.serial.map(Target::Serial))
            .expect("the argument group requires exactly one")
    }
}

fn holder(edge: Option<Name>, host_agent: Option<Name>, server: Option<Name>) -> Option<Holder> {
    edge.map(Holder::Edge).or(host_agent.map(Holder::HostAgent)).or(server.map(Holder::Server))
}
