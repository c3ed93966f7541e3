import "nearfield/workers/index";
