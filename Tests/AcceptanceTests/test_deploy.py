"""The examples of deployment say what their programs understand, and nothing that this program does not have."""

import functools
import importlib.resources
import json
import re
import shlex
import shutil
import stat
import subprocess

import check_jsonschema
import jsonschema
import kubernetes_validate
import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from deployment import DEPLOY, IN_CI, KEYS, documents, environment_file, files, settings
from server import BINARY, REPOSITORY, Server, clean_environment, command

# Of the examples themselves, which make settings of them.
OF_COMPOSE = {"CONNECTORLOG_IMAGE", "CONNECTORLOG_HTTPS_ADDRESS", "CONNECTORLOG_OTLP_ADDRESS"}
OF_OWNERS = {"CONNECTORLOG_OWNER_PASSWORD", "CONNECTORLOG_STORE_OWNER_PASSWORD"}


def need(program):
    """The program's path; the test is skipped where it is not installed, but not in CI."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if path is None and not IN_CI:
        pytest.skip(f"{program} is not installed")
    assert path, f"{program} is not installed"
    return path


# MARK: All of it


@pytest.mark.parametrize("path", files("**/*.y*ml"), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_yaml_is_well_written(path):
    configuration = YamlLintConfig((DEPLOY / ".yamllint").read_text())
    assert [str(problem) for problem in linter.run(path.read_text(), configuration)] == []


def test_every_variable_and_flag_is_one_that_the_program_has():
    variables, flags = settings()
    for path in files("**/*"):
        if not path.is_file():
            continue
        text = path.read_text()
        unknown = set(re.findall(r"\bCONNECTORLOG_[A-Z_]+[A-Z]", text)) - variables - OF_COMPOSE - OF_OWNERS
        assert not unknown, f"{path}: {unknown}"
        for line in re.findall(r"connectorlog (?:serve|store migrate)\b[^\n`.;]*", text):
            used = {word.split("=")[0] for word in line.split() if word.startswith("--")}
            assert used <= flags | {"--dry-run"}, f"{path}: {used - flags}"


def test_there_is_no_secret_in_it():
    for path in files("**/*env.example"):
        for name, value in environment_file(path).items():
            if name.endswith(("_PASSWORD", "_KEY")):
                assert value == "", f"{path}: {name}"
    for document in documents(DEPLOY / "kubernetes/secret.example.yaml"):
        assert set(document["stringData"].values()) == {"fill in"}
    for path in files("**/*"):
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"clk_[A-Za-z0-9_-]{32}|\b[0-9a-fA-F]{64}\b|-----BEGIN|://[^/\s:@]+:[^/\s@]+@", text), path


def start_on(environment, tmp_path, arguments=("serve",)):
    """Runs the program on an example's environment, with databases that are not there, to its end."""
    here = {name: re.sub(r"@[a-z0-9.-]+(:\d+)?/", "@127.0.0.1:1/", value) for name, value in environment.items()}
    data = {"CONNECTORLOG_DATA": str(tmp_path / "data")} if arguments == ("serve",) else {}
    return command(*arguments, environment=here | data, timeout=30)


def expect_to_need_databases_alone(environment, tmp_path, arguments=("serve",)):
    variables, _ = settings()
    assert set(environment) <= variables, set(environment) - variables
    ended = start_on(environment, tmp_path, arguments)
    # Not 64 or 78: settings are right; and it is tried again by whoever looks after it.
    assert ended.returncode == 75 and "cannot be reached" in ended.stderr, ended


# MARK: The image


def stages():
    text = re.sub(r"\\\n", " ", (DEPLOY / "container/Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    assert len(starts) == 2
    return lines[starts[0]:starts[1]], lines[starts[1]:]


def installed(lines):
    (run,) = [line for line in lines if "apt-get install" in line]
    words = run.split("apt-get install")[1].split("&&")[0].split()
    return {word for word in words if not word.startswith("-")}


def test_the_image_is_built_with_what_the_program_needs_to_be_built():
    (packages,) = re.findall(r"^packages=\((.*)\)$", (REPOSITORY / "scripts/run").read_text(), re.MULTILINE)
    assert installed(stages()[0]) == set(packages.split())


def test_the_image_has_the_libraries_that_the_program_is_linked_with():
    need("dpkg-query")
    linked = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    direct = subprocess.run(["objdump", "-p", BINARY], capture_output=True, text=True, check=True).stdout
    paths = {library: path for library, path in re.findall(r"(\S+) => (/\S+)", linked)}
    needed = set()
    for library in re.findall(r"NEEDED\s+(\S+)", direct):
        path = paths.get(library, "")
        # Swift's own are linked in by scripts/release.
        if path and not re.search("swift|dispatch|Blocks|Foundation", path):
            # The package knows it under /lib or /usr/lib, which are one folder.
            owner = subprocess.run(["dpkg-query", "-S", f"*/{library}"], capture_output=True, text=True).stdout
            needed.add(owner.split(":")[0])
    assert {"libpq5", "libzstd1", "libsqlite3-0"} <= needed
    # What every image of Debian has.
    assert needed - {"libc6", "libgcc-s1"} <= installed(stages()[1])


def test_the_image_runs_as_nobody_and_takes_what_is_there():
    build, final = stages()
    release = {line.rsplit("bookworm")[0] and "bookworm" for line in (build[0], final[0]) if "bookworm" in line}
    assert release == {"bookworm"} and "bookworm" in build[0] and "bookworm" in final[0]
    users = [line.split()[1] for line in final if line.startswith("USER ")]
    assert users and re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    assert not [line for line in final[final.index(f"USER {users[-1]}"):] if line.startswith(("RUN", "COPY", "ADD"))]
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    for path in allowed:
        assert (REPOSITORY / path).exists(), path
    # All that Package.swift names has to get there.
    manifest = (REPOSITORY / "Package.swift").read_text()
    for path in ["Sources", "Tests", *re.findall(r'path: "([^"/]+)', manifest)]:
        assert path in allowed, path
    for line in final:
        if line.startswith("COPY") and "--from" not in line:
            source = [word for word in line.split()[1:] if not word.startswith("--")][0]
            assert (REPOSITORY / source).is_file() and any(source.startswith(path) for path in allowed), source


def test_the_health_check_of_the_image_tells_whether_the_server_is_ready(make_server):
    server = make_server()
    check = DEPLOY / "container/is-ready"
    assert check.stat().st_mode & stat.S_IXUSR
    there = {"CONNECTORLOG_PORT": str(server.port)}

    def run(*arguments):
        return subprocess.run([check, *arguments], capture_output=True, text=True, timeout=20,
                              env=clean_environment(there))

    assert run().returncode == 0
    assert run("/healthz").returncode == 0
    missing = run("/teapot")
    assert missing.returncode == 1 and "404" in missing.stderr
    server.kill()
    assert run().returncode == 1


# MARK: Compose

COMPOSE = DEPLOY / "compose/compose.yaml"


def compose():
    (document,) = documents(COMPOSE)
    return document


def test_compose_keeps_to_its_specification():
    schema = importlib.resources.files(check_jsonschema) / "builtin_schemas/vendor/compose-spec.json"
    schema = json.loads(schema.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(compose())] == []


@pytest.fixture
def project(tmp_path):
    """A copy with an .env that is complete."""
    copy = shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=shutil.ignore_patterns(".env"))
    written = subprocess.run([copy / "compose/new-env"], capture_output=True, text=True, check=True)
    left = set(written.stdout.splitlines()[1:])
    assert left == {"CONNECTORLOG_IMAGE", "CONNECTORLOG_PUBLIC_ORIGIN", "TLS_CERTIFICATE", "TLS_PRIVATE_KEY"}
    path = copy / "compose/.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    for name, value in zip(sorted(left), ("connectorlog:1", "https://log.example.org", "/tls/c.pem", "/tls/k.pem")):
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    path.write_text(text)
    return path


def configured(project):
    """What Compose makes of it: it needs no daemon for that."""
    return subprocess.run([need("docker-compose"), "config"], cwd=project.parent, capture_output=True, text=True,
                          env=clean_environment())


def test_compose_starts_with_a_whole_env_and_with_no_other(project):
    whole = configured(project)
    assert whole.returncode == 0, whole.stderr
    required = {name for name, value in environment_file(DEPLOY / "compose/env.example").items() if not value}
    uses = re.findall(r"\$\{?([A-Z_]+)(:?[?-])?([^}]*)", COMPOSE.read_text())
    assert {name for name, kind, message in uses if kind == ":?" and " in .env" in message} == required
    assert len(required) == 11
    # What has another value when it is empty, and nothing that has none.
    assert {name for name, kind, _ in uses if kind != ":?"} == {"CONNECTORLOG_HTTPS_ADDRESS", "CONNECTORLOG_OTLP_ADDRESS"}
    name = "CONNECTORLOG_MASTER_KEY"
    project.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}=", project.read_text()))
    refused = configured(project)
    assert refused.returncode != 0 and f"fill in {name} in .env" in refused.stderr


def test_a_new_env_is_never_written_over_another(project):
    before = project.read_text()
    again = subprocess.run([project.parent / "new-env"], capture_output=True, text=True)
    assert again.returncode == 1 and "already" in again.stderr and project.read_text() == before
    values = [value for name, value in environment_file(project).items() if name.endswith(("_PASSWORD", "_KEY"))]
    secrets = [value for value in values if not value.startswith("/")]
    assert len(set(secrets)) == len(secrets) == 7


def test_compose_gives_the_program_what_it_takes(project, tmp_path):
    services = yaml.safe_load(configured(project).stdout)["services"]
    for name in ("server-1", "server-2"):
        expect_to_need_databases_alone(services[name]["environment"], tmp_path)
    expect_to_need_databases_alone(services["migrate"]["environment"], tmp_path, tuple(services["migrate"]["command"]))
    assert services["server-1"]["environment"] == services["server-2"]["environment"]


def test_compose_shows_the_balancer_alone_and_bounds_everything():
    document = compose()
    services = document["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["balancer"]
    assert document["networks"]["databases"]["internal"] is True
    for name in ("postgres", "clickhouse"):
        assert services[name]["networks"] == ["databases"]
        assert any(volume.split(":")[0] in document["volumes"] for volume in services[name]["volumes"])
    assert "databases" not in services["balancer"]["networks"]
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}, name
        if name == "migrate":
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped" and service["healthcheck"]["test"] and service["stop_grace_period"], name
        tag = service["image"].rsplit(":", 1)[-1]
        assert "${" in service["image"] or re.match(r"\d", tag), f"{name}: {service['image']}"
    for name in ("server-1", "server-2", "migrate", "balancer"):
        service = services[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
    for name in ("server-1", "server-2"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        # The program gives requests under way 20 seconds.
        assert int(services[name]["stop_grace_period"].rstrip("s")) > 20
    assert not OF_OWNERS & {word for name in ("server-1", "server-2") for word in services[name]["environment"]}


def test_what_compose_mounts_is_there():
    for name, service in compose()["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (COMPOSE.parent / source).is_file() and volume.endswith(":ro"), f"{name}: {source}"


# MARK: Kubernetes

KUBERNETES = DEPLOY / "kubernetes"


@functools.cache
def manifests():
    return [document for path in files("kubernetes/**/*.yaml") if path.name != "kustomization.yaml"
            for document in documents(path)]


def manifest(kind, name="connectorlog"):
    (found,) = [document for document in manifests() if (document["kind"], document["metadata"]["name"]) == (kind, name)]
    return found


def pods():
    return [manifest("Deployment")["spec"]["template"]["spec"], manifest("Job", "connectorlog-migrate")["spec"]["template"]["spec"]]


@pytest.mark.parametrize("version", ["1.31", "newest"])
def test_manifests_keep_to_the_schemas_of_kubernetes(version):
    version = kubernetes_validate.latest_version() if version == "newest" else version
    for document in manifests():
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("folder", ["", "migrate"])
def test_the_kustomization_has_all_of_its_folder_but_the_example_of_secrets(folder):
    (kustomization,) = documents(KUBERNETES / folder / "kustomization.yaml")
    there = {path.name for path in (KUBERNETES / folder).glob("*.yaml")}
    assert set(kustomization["resources"]) == there - {"kustomization.yaml", "secret.example.yaml"}
    assert kustomization["namespace"] == manifest("Namespace")["metadata"]["name"]
    if kubectl := shutil.which("kubectl"):
        made = subprocess.run([kubectl, "kustomize", KUBERNETES / folder], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        assert "image: registry.example.org/connectorlog:" in made.stdout


def test_the_migration_is_of_the_version_of_the_servers():
    images = [documents(KUBERNETES / folder / "kustomization.yaml")[0]["images"] for folder in ("", "migrate")]
    assert images[0] == images[1] and images[0][0]["newTag"] != "latest"
    assert {container["image"] for pod in pods() for container in pod["containers"]} == {images[0][0]["name"]}


def test_pods_keep_to_the_restricted_standard():
    """Pod Security Standards, level restricted."""
    assert manifest("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    user = int(stages()[1][[line.startswith("USER") for line in stages()[1]].index(True)].split()[1].split(":")[0])
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == user
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_servers_stop_and_start_without_a_break():
    deployment = manifest("Deployment")["spec"]
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert deployment["replicas"] >= 2 and deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert {constraint["topologyKey"] for constraint in pod["topologySpreadConstraints"]} >= {"kubernetes.io/hostname"}
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod["terminationGracePeriodSeconds"] > pause + 20
    probes = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    # A database that is away is no reason to start a server anew.
    assert probes == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    assert manifest("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_manifests_name_each_other_as_they_are_called():
    deployment = manifest("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    selectors = [deployment["selector"]["matchLabels"], manifest("Service")["spec"]["selector"],
                 manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
                 manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
                 *[each["labelSelector"]["matchLabels"]
                   for each in deployment["template"]["spec"]["topologySpreadConstraints"]]]
    for selector in selectors:
        assert selector.items() <= labels.items()
    # The budget and the spread count servers, not the migration.
    assert not manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"].items() <= \
        manifest("Job", "connectorlog-migrate")["spec"]["template"]["metadata"]["labels"].items()
    (container,) = deployment["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in manifest("Service")["spec"]["ports"]} <= ports
    assert {port["port"] for port in manifest("NetworkPolicy")["spec"]["ingress"][0]["ports"]} <= ports
    assert {container[f"{name}Probe"]["httpGet"]["port"] for name in ("startup", "liveness", "readiness")} == {"http"}
    served = {port["name"] for port in manifest("Service")["spec"]["ports"]}
    for ingress in (document for document in manifests() if document["kind"] == "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                if path["path"] != "/metrics":
                    assert service["name"] == "connectorlog" and service["port"]["name"] in served


def test_kubernetes_gives_the_program_what_it_takes(tmp_path):
    secrets = {document["metadata"]["name"]: document["stringData"] for document in documents(KUBERNETES / "secret.example.yaml")}
    server, migrate = (pod["containers"][0] for pod in pods())
    assert [next(iter(source.values()))["name"] for source in server["envFrom"]] == ["connectorlog", "connectorlog"]
    environment = manifest("ConfigMap")["data"] | secrets["connectorlog"]
    # As it stands it is refused.
    assert start_on(environment, tmp_path).returncode == 78
    expect_to_need_databases_alone(environment | KEYS, tmp_path, tuple(server["args"]))
    own = {variable["name"]: variable["value"] for variable in migrate["env"]} | secrets["connectorlog-migrate"]
    assert migrate["envFrom"] == [{"secretRef": {"name": "connectorlog-migrate"}}]
    expect_to_need_databases_alone(own, tmp_path, tuple(migrate["args"]))
    assert container_port(server, "http") == 8080
    assert container_port(server, "otlp-grpc") == int(environment["CONNECTORLOG_OTLP_GRPC_PORT"])


def container_port(container, name):
    (port,) = [port["containerPort"] for port in container["ports"] if port["name"] == name]
    return port


# MARK: systemd

UNITS = files("systemd/*.service")


@pytest.fixture
def units(tmp_path):
    """The units, of the program that is tested."""
    folder = tmp_path / "units"
    folder.mkdir()
    for path in UNITS:
        text = path.read_text()
        assert "/usr/local/bin/connectorlog" in text
        (folder / path.name).write_text(text.replace("/usr/local/bin/connectorlog", str(BINARY)))
    (folder / "connectorlog.service.d").mkdir()
    shutil.copy(DEPLOY / "systemd/keys.conf", folder / "connectorlog.service.d/keys.conf")
    return folder


def test_units_are_understood(units):
    verified = subprocess.run([need("systemd-analyze"), "verify", "--man=no", *units.glob("*.service")],
                              capture_output=True, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@pytest.mark.parametrize("name", [path.name for path in UNITS])
def test_units_may_do_little(units, name):
    measured = subprocess.run(
        [need("systemd-analyze"), "security", "--offline=yes", "--no-pager", "--threshold=15", units / name],
        capture_output=True, text=True)
    assert measured.returncode == 0, measured.stdout[-300:] + measured.stderr


def unit(name):
    lines = (line for line in (DEPLOY / "systemd" / name).read_text().splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("name", ["connectorlog.service", "connectorlog-server.service"])
def test_units_of_servers_wait_for_requests_and_start_again(name):
    said = unit(name)
    assert int(said["TimeoutStopSec"]) > 20 and said["Restart"] == "on-failure" and said["StartLimitIntervalSec"] == "0"
    # 75 is a database that is away.
    assert "78" in said["RestartPreventExitStatus"].split() and "75" not in said["RestartPreventExitStatus"].split()


def test_units_give_the_program_what_it_takes(tmp_path):
    server = environment_file(DEPLOY / "systemd/server.env.example")
    # As it stands it is refused: keys have to be filled in.
    refused = start_on(server, tmp_path)
    assert refused.returncode == 78 and "CONNECTORLOG_MASTER_KEY" in refused.stderr
    expect_to_need_databases_alone(server | KEYS, tmp_path)
    migrate = environment_file(DEPLOY / "systemd/migrate.env.example")
    arguments = shlex.split(unit("connectorlog-migrate.service")["ExecStart"])[1:]
    expect_to_need_databases_alone(migrate, tmp_path, tuple(arguments))


def test_the_unit_of_the_embedded_store_starts_with_its_example(tmp_path):
    arguments = shlex.split(unit("connectorlog.service")["ExecStart"])[1:]
    assert arguments == ["serve", "--data", "/var/lib/connectorlog"]
    settings_of_it = environment_file(DEPLOY / "systemd/connectorlog.env.example")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"master-key": KEYS["CONNECTORLOG_MASTER_KEY"]}))
    server = Server(tmp_path / "data", (), settings_of_it | {"CONNECTORLOG_CONFIG": str(keys)}).start()
    try:
        # The key of keys.conf is used: none was made.
        assert not (tmp_path / "data/master-key").exists()
    finally:
        assert server.stop() == 0


def test_the_users_of_systemd_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    made = subprocess.run([need("systemd-sysusers"), f"--root={tmp_path}", DEPLOY / "systemd/connectorlog.sysusers.conf"],
                          capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "etc/passwd").read_text().startswith("connectorlog:")
