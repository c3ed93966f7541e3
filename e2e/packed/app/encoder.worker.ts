import "nearfield/workers/encoder";
