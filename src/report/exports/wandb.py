import json, os, site, sys
sys.path.append(site.getusersitepackages())
try:
    import wandb
except ImportError:
    raise SystemExit("no package wandb")
with open(sys.argv[1], encoding="utf-8") as file:
    record = json.load(file)
settings = wandb.Settings(
    mode="offline", console="off", silent=True, disable_git=True, disable_code=True, save_code=False,
    x_disable_stats=True, x_disable_meta=True,
)
run = wandb.init(
    dir=sys.argv[2], project=record["project"], id=record["id"], name=record["name"],
    config=record["config"], settings=settings,
)
for name, value in record["summary"].items():
    run.summary[name] = value
for name, why in record["notes"].items():
    run.config[name] = why
run.log({"scores": wandb.Table(columns=record["columns"], data=record["rows"], allow_mixed_types=True)})
folder = os.path.dirname(run.dir)
run.finish()
print(folder)
